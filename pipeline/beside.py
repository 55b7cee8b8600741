"""Files beside a source that its stages read too, e.g. an .xmp: a frame is new again when they change."""

from __future__ import annotations

from pathlib import Path

import xxhash

from .hashing import xxh3
from .plan import Plan

READ_UP_TO = 1 << 20
"""Bytes; of larger files, whose reading would take long for every frame of a shoot, size and time of change count."""


def beside(plan: Plan, source: object) -> str:
    """Return the hash of all files that stages read beside a source; empty where there are none, or it is elsewhere."""
    if not isinstance(source, Path):
        return ""
    digest, found = xxhash.xxh3_64(), False
    for stage in plan.stages:
        for path in stage.spec.companions(stage.parameters, source) if stage.spec.companions else ():
            digest.update(f"{path.name}\0{_content(path)}\0".encode("utf-8", "surrogateescape"))
            found = True
    return digest.hexdigest() if found else ""


def _content(path: Path) -> str:
    try:
        status = path.stat()
        return xxh3(path) if status.st_size <= READ_UP_TO else f"{status.st_size} {status.st_mtime_ns}"
    except OSError:
        return ""  # nobody will read it either
