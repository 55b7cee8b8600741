"""Where Canon's two containers that are not TIFF keep make, model and Exif: CRW (CIFF) and CR3 (ISO BMFF).

References: CIFF specification 1.0 revision 4 (Canon); for CR3 the boxes CMT1, CMT2 and CMT4 of Canon's `moov`
box each hold one TIFF structure (IFD0, Exif, GPS).
"""

from __future__ import annotations

import os
import struct
from io import BytesIO
from typing import BinaryIO

from .ifd import Directory, TiffTags, read_tiff_tags

CRW_MAGIC, CRW_MAGIC_AT = b"HEAPCCDR", 6
CR3_MAGIC, CR3_MAGIC_AT = b"ftypcrx ", 4
MAKE_MODEL = 0x080A
TYPE_MASK, HEAP_TYPES, IN_RECORD = 0x3800, (0x2800, 0x3000), 0x4000
MAX_RECORDS, MAX_DEPTH, MAX_TEXT = 1000, 4, 256
MOOV_BYTES = 1 << 17
"""The boxes come first in the file, before any image."""


def crw_make_model(file: BinaryIO) -> tuple[str, str]:
    """Return make and model of a CRW file; empty where they cannot be found."""
    file.seek(0)
    head = file.read(14)
    order = "<" if head[:2] == b"II" else ">"
    (start,) = struct.unpack(order + "I", head[2:6])
    found = _find(file, order, start, file.seek(0, os.SEEK_END), MAX_DEPTH)
    parts = [part.decode("ascii", "replace").strip() for part in found.split(b"\0")]
    return (parts[0], parts[1]) if len(parts) > 1 else ("", "")


def cr3_tags(file: BinaryIO) -> TiffTags | None:
    """Return the directories of a CR3 file as one; None if they are missing."""
    file.seek(0)
    boxes = file.read(MOOV_BYTES)
    main = _box(boxes, b"CMT1")
    return TiffTags(main=main, exif=_box(boxes, b"CMT2"), gps=_box(boxes, b"CMT4")) if main else None


def _find(file: BinaryIO, order: str, start: int, end: int, depth: int) -> bytes:
    """Search the heap from `start` to `end` for the record of make and model."""
    file.seek(max(end - 4, 0))
    offset = struct.unpack(order + "I", file.read(4).ljust(4, b"\0"))[0]
    file.seek(start + offset)
    count = min(struct.unpack(order + "H", file.read(2).ljust(2, b"\0"))[0], MAX_RECORDS)
    table = file.read(10 * count)
    for at in range(0, len(table) - 9, 10):
        kind, size, place = struct.unpack(order + "HII", table[at : at + 10])
        if kind == MAKE_MODEL:
            file.seek(start + place)
            return file.read(min(size, MAX_TEXT))
        if kind & TYPE_MASK in HEAP_TYPES and not kind & IN_RECORD and depth:
            found = _find(file, order, start + place, start + place + size, depth - 1)
            if found:
                return found
    return b""


def _box(boxes: bytes, name: bytes) -> Directory:
    at = boxes.find(name)
    tags = read_tiff_tags(BytesIO(boxes[at + 4 :])) if at >= 0 else None
    return tags.main if tags is not None else {}
