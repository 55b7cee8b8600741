"""When and with what a picture was taken, read quickly, for the names of its results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ...pipeline.naming import CaptureFacts
from .exif_tags import TagValue
from .read import read_own

DATE = "%Y:%m:%d %H:%M:%S"


def capture_facts(source: Path) -> CaptureFacts:
    """Return what our own reader, or else LibRaw, finds; nothing where the file cannot be read.

    A file that cannot be read fails when it is developed, with a sentence of its own.
    """
    try:
        tags = read_own(source)
        if "DateTimeOriginal" not in tags:
            tags = {**_by_libraw(source), **tags}
    except OSError:
        return CaptureFacts()
    iso = tags.get("ISO")
    return CaptureFacts(
        taken=_date(tags),
        camera=str(tags.get("Model") or "").strip(),
        lens=str(tags.get("LensModel") or "").strip(),
        iso=round(float(iso)) if iso else None,
        exposure=exposure_of(tags),
    )


def exposure_of(tags: Mapping[str, object]) -> float | None:
    """Return what the settings make of light, EV (`CaptureFacts.exposure`); None where tags do not say it.

    A lens without an aperture that the camera knows has the same one for all frames.
    """
    time, iso = _number(tags.get("ExposureTime")), _number(tags.get("ISO"))
    if time <= 0 or iso <= 0:
        return None
    aperture = _number(tags.get("FNumber"))
    return math.log2(time * iso / 100) - 2 * math.log2(aperture if aperture > 0 else 1)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0


def _by_libraw(source: Path) -> Mapping[str, TagValue]:
    import rawpy

    from ..decode.raw import libraw_tags

    try:
        with rawpy.imread(str(source)) as raw:
            return libraw_tags(raw)
    except rawpy.LibRawError:  # no RAW file
        return {}


def _date(tags: Mapping[str, TagValue]) -> datetime | None:
    try:
        return datetime.strptime(str(tags.get("DateTimeOriginal") or tags["CreateDate"])[:19], DATE)
    except (KeyError, ValueError):
        return None
