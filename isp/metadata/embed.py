"""Colour profile, EXIF, XMP and IPTC put into encoded files.

References: ITU-T T.81 annex B, Exif 2.32 section 4.7.2 (APP1), ICC.1:2022 annex B.4 (APP2), XMP specification part 3
(Adobe, 2020), IPTC-IIM 4.2 in the resource block 0x0404 (Photoshop file formats, "Image Resources"); PNG specification,
third edition, sections 11.3.2.3 (iCCP), 11.3.3.4 (iTXt) and 11.3.4.5 (eXIf); TIFF 6.0, TIFF tags 34675 (ICC.1:2022
annex B.3), 700 (XMP) and 33723 (IPTC).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from .boxes import embed_avif, embed_jxl
from .containers import (
    APP1,
    APP2,
    APP13,
    EXIF_HEADER,
    ICC_HEADER,
    PHOTOSHOP_HEADER,
    PNG_MAGIC,
    PNG_XMP,
    XMP_HEADER,
)
from .exif_write import ExifEntries, exif_blob
from .ifd_write import BYTE, Entry, extend_tiff, undefined

APP0 = 0xE0
SEGMENT = 65533
"""Longest payload of a JPEG segment."""
LONGEST_XMP = SEGMENT - len(XMP_HEADER)
"""Longest packet of one JPEG segment."""
ICC_TAG, XMP_TAG, IPTC_TAG = 34675, 700, 33723
IPTC_RESOURCE = struct.pack(">4sHH", b"8BIM", 0x0404, 0)


@dataclass(frozen=True, slots=True)
class Attached:
    """What travels in a file beside its pixels."""

    exif: ExifEntries
    icc: bytes | None = None
    xmp: bytes = b""
    """A packet; empty: none."""
    iptc: bytes = b""
    """Records of IPTC-IIM; empty: none. AVIF and JPEG XL have no place for them."""


def attach_jpeg(data: bytes, attached: Attached) -> bytes:
    """Insert them behind the JFIF header; `ValueError` if the data is no JPEG."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("not JPEG data")
    at = 2
    if data[2:4] == bytes((0xFF, APP0)):
        at += 2 + int.from_bytes(data[4:6], "big")
    segments = [_segment(APP1, EXIF_HEADER + exif_blob(attached.exif, jpeg=True))]
    if attached.xmp and len(attached.xmp) <= LONGEST_XMP:
        segments.append(_segment(APP1, XMP_HEADER + attached.xmp))
    segments += _icc_segments(attached.icc or b"")
    block = IPTC_RESOURCE + struct.pack(">I", len(attached.iptc)) + attached.iptc
    if attached.iptc and len(block) + len(PHOTOSHOP_HEADER) < SEGMENT:
        segments.append(_segment(APP13, PHOTOSHOP_HEADER + block + b"\0" * (len(block) % 2)))
    return b"".join((data[:at], *segments, data[at:]))


def attach_png(data: bytes, attached: Attached) -> bytes:
    """Insert them behind the header chunk; `ValueError` if the data is no PNG."""
    if data[:8] != PNG_MAGIC:
        raise ValueError("not PNG data")
    at = len(PNG_MAGIC) + 12 + int.from_bytes(data[8:12], "big")
    chunks = []
    if attached.icc:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(attached.icc, 9)))
    chunks.append(_chunk(b"eXIf", exif_blob(attached.exif)))
    if attached.xmp:
        chunks.append(_chunk(b"iTXt", PNG_XMP + bytes(5) + attached.xmp))
    if attached.iptc:
        chunks.append(_chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(_hex(attached.iptc))))
    return b"".join((data[:at], *chunks, data[at:]))


def attach_tiff(data: bytes, attached: Attached, more: Sequence[Entry] = ()) -> bytes:
    """Add them, and more tags, to a classic little-endian TIFF; `ValueError` for another file."""
    tags = [undefined(ICC_TAG, attached.icc)] if attached.icc else []
    tags += packet_entries(attached)
    return extend_tiff(data, [*attached.exif.main, *tags, *more], attached.exif.exif, attached.exif.gps)


def packet_entries(attached: Attached) -> list[Entry]:
    """Return XMP and IPTC, as far as they are there, as tags of a TIFF."""
    found = [Entry(XMP_TAG, BYTE, len(attached.xmp), attached.xmp)] if attached.xmp else []
    return [*found, undefined(IPTC_TAG, attached.iptc)] if attached.iptc else found


def attach_jxl(codestream: bytes, level: bytes, attached: Attached) -> bytes:
    """Return a JPEG XL file of a codestream and its level box, with EXIF and XMP; the codestream says the colours."""
    return embed_jxl(codestream, level, exif_blob(attached.exif), attached.xmp)


def attach_avif(data: bytes, attached: Attached) -> bytes:
    """Add EXIF, XMP and profile to the AVIF of one plain picture; `ValueError` for another."""
    return embed_avif(data, exif_blob(attached.exif), attached.xmp, attached.icc)


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


def _hex(data: bytes) -> bytes:
    """A raw profile as ImageMagick and exiftool write it: name, length, and lines of 36 bytes in hexadecimal."""
    lines = [data[start : start + 36].hex().encode() for start in range(0, len(data), 36)]
    return b"\niptc\n%8d\n" % len(data) + b"\n".join(lines) + b"\n"
