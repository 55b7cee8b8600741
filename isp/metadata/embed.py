"""Colour profile and EXIF put into encoded JPEG, PNG and TIFF data.

References: ITU-T T.81 annex B, Exif 2.32 section 4.7.2 (APP1), ICC.1:2022 annex B.4 (APP2); PNG
specification, third edition, sections 11.3.2.3 (iCCP) and 11.3.4.5 (eXIf); TIFF 6.0, TIFF tag 34675
(ICC.1:2022 annex B.3).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from .containers import APP1, APP2, EXIF_HEADER, ICC_HEADER, PNG_MAGIC
from .exif_write import ExifEntries, exif_blob
from .ifd_write import Entry, extend_tiff, undefined

APP0 = 0xE0
SEGMENT = 65533
"""Longest payload of a JPEG segment."""
ICC_TAG = 34675


def embed_jpeg(data: bytes, exif: ExifEntries, icc: bytes | None) -> bytes:
    """Insert EXIF (APP1) and profile (APP2) behind the JFIF header; `ValueError` if the data is no JPEG."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("not JPEG data")
    at = 2
    if data[2:4] == bytes((0xFF, APP0)):
        at += 2 + int.from_bytes(data[4:6], "big")
    segments = [_segment(APP1, EXIF_HEADER + exif_blob(exif, jpeg=True)), *_icc_segments(icc or b"")]
    return b"".join((data[:at], *segments, data[at:]))


def embed_png(data: bytes, exif: ExifEntries, icc: bytes | None) -> bytes:
    """Insert profile (iCCP) and EXIF (eXIf) behind the header chunk; `ValueError` if the data is no PNG."""
    if data[:8] != PNG_MAGIC:
        raise ValueError("not PNG data")
    at = len(PNG_MAGIC) + 12 + int.from_bytes(data[8:12], "big")
    chunks = [_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc, 9))] if icc else []
    return b"".join((data[:at], *chunks, _chunk(b"eXIf", exif_blob(exif)), data[at:]))


def embed_tiff(data: bytes, exif: ExifEntries, icc: bytes | None, more: Sequence[Entry] = ()) -> bytes:
    """Add EXIF, profile and more tags to a classic little-endian TIFF; `ValueError` for another file."""
    profile = [undefined(ICC_TAG, icc)] if icc else []
    return extend_tiff(data, [*exif.main, *profile, *more], exif.exif, exif.gps)


def _icc_segments(icc: bytes) -> list[bytes]:
    room = SEGMENT - len(ICC_HEADER) - 2
    parts = [icc[start : start + room] for start in range(0, len(icc), room)]
    return [
        _segment(APP2, ICC_HEADER + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, start=1)
    ]


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))
