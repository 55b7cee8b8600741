"""Why LibRaw does not read a file, as far as the file itself tells.

Reference: TIFF 6.0, Compression; DNG specification 1.7, chapter 4, Compression.
"""

from __future__ import annotations

from pathlib import Path

import rawpy

from ..dng.source import SMALLEST_SIDE, read_source_dng
from ..dng.tags import DNG_VERSION, raw_directory
from ..metadata.ifd import read_tiff_tags
from .levels import COMPRESSION, FLOAT, SAMPLE_FORMAT

DEFLATE = 8
UNREAD = {5: "LZW", DEFLATE: "deflate", 32946: "deflate", 50013: "WebP", 52546: "JPEG XL"}
"""Compressions of whole numbers that LibRaw's wheels do not undo (tried); floating point may be deflated."""


def why_unread(source: Path) -> str | None:
    """Return one sentence for a DNG that LibRaw does not take; None where the file tells no reason."""
    dng = read_source_dng(source)
    if dng is None:
        return None
    if 0 < min(dng.size) < SMALLEST_SIDE:
        return (
            f"{source}: a DNG of {dng.size[1]} x {dng.size[0]} pixels, and LibRaw reads none with a side below "
            f"{SMALLEST_SIDE}; give a larger picture"
        )
    packed = _compression(source)
    if packed is None:
        return None
    return (
        f"{source}: a DNG whose samples are packed by {UNREAD[packed]} (Compression {packed}), which LibRaw "
        f"{libraw_version()} does not read; save it with lossless JPEG or without compression"
    )


def libraw_version() -> str:
    """Return LibRaw's version, e.g. `0.22.2`."""
    return ".".join(str(part) for part in rawpy.libraw_version)


def _compression(source: Path) -> int | None:
    """The compression of the raw picture where it is one of `UNREAD`."""
    with source.open("rb") as file:
        tags = read_tiff_tags(file)
    if tags is None or DNG_VERSION not in tags.main:
        return None
    raw = raw_directory(tags)
    packed = raw.get(COMPRESSION, (0,))[0]
    floats = raw.get(SAMPLE_FORMAT, (1,))[0] == FLOAT
    return (
        packed
        if isinstance(packed, int) and packed in UNREAD and not (floats and packed == DEFLATE)
        else None
    )
