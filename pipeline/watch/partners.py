"""Pictures that were put away under the name of one that has come: its RAW, or itself."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ..inputs import RAW_SUFFIXES
from ..naming import CaptureFacts
from ..registry import Registry
from .scan import DONE, FAILED
from .shots import Shot


def raw_of(shot: Shot, incoming: Path, registry: Registry) -> Path | None:
    """Return the RAW of a JPEG that came so late that the RAW was put away already; None where there is none.

    It has the same name, and was taken in the same second by the same camera.
    """
    if not shot.may_get_raw():
        return None
    raws = list(copies(incoming, shot.main, RAW_SUFFIXES))
    taken = _taken(shot.main, registry) if raws else None
    return next((raw for raw in raws if taken and _taken(raw, registry) == taken), None)


def copies(incoming: Path, picture: Path, suffixes: Collection[str]) -> Iterator[Path]:
    """Yield the pictures with one of these suffixes that were put away from the place of a picture."""
    name = re.compile(rf"{re.escape(picture.stem)}(_\d+)?")
    for own in (DONE, FAILED):
        home = incoming / own / picture.parent.relative_to(incoming)
        try:
            names = sorted(os.listdir(home))
        except OSError:
            continue
        for path in map(home.joinpath, names):
            if path.suffix.lower() in suffixes and name.fullmatch(path.stem):
                yield path


def _taken(path: Path, registry: Registry) -> tuple[object, str] | None:
    found: CaptureFacts | None = registry.hook.unveil_capture_facts(source=path)
    return (found.taken, found.camera) if found and found.taken else None
