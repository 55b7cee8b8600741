"""Reading tags with the `exiftool` program, where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .exif_tags import TAGS, TagValue, clean_tag

PROGRAM = "exiftool"
SECONDS = 30
# For files without EXIF (CRW, ...) exiftool works these out from the maker's own tags.
COMPOSITES = {"ExposureTime": "ShutterSpeed", "FNumber": "Aperture", "ISO": "ISO"}


@cache
def exiftool_version() -> str | None:
    """Return the version of the installed exiftool, or None."""
    program = shutil.which(PROGRAM)
    answer = _run([program, "-ver"]) if program else None
    return answer.strip() if answer else None


def read_with_exiftool(source: Path) -> dict[str, TagValue] | None:
    """Return the tags of a file in the form of `isp.metadata.read`; None without exiftool, or where it fails."""
    if exiftool_version() is None:
        return None
    names = [f"-{name}" for name in TAGS] + [f"-GPS:{name}" for name in TAGS if name.startswith("GPS")]
    names += [f"-Composite:{name}" for name in COMPOSITES.values()]
    answer = _run([PROGRAM, "-json", "-n", "-G0", "-a", *names, str(source.absolute())])
    try:
        (record,) = json.loads(answer or "", parse_float=str, parse_int=str)
    except ValueError:
        return None
    return _pick(record)


def _pick(record: Mapping[str, object]) -> dict[str, TagValue]:
    """EXIF first; a file without EXIF gives what exiftool found elsewhere."""
    has_exif = any(key.startswith("EXIF:") for key in record)
    found: dict[str, TagValue] = {}
    for name in TAGS:
        value = record.get(f"EXIF:{name}")
        if value is None and not has_exif:
            groups = (f"MakerNotes:{name}", f"Composite:{COMPOSITES.get(name)}")
            value = next((record[key] for key in groups if key in record), None)
        cleaned = clean_tag(name, value) if isinstance(value, str) else None
        if cleaned is not None:
            found[name] = cleaned
    return found


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace")
