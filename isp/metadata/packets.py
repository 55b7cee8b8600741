"""The XMP packet and the IPTC records of a file, as they stand there.

References: XMP specification part 3 (Adobe, 2020); Photoshop file formats, "Image Resource Blocks"; PNG specification,
third edition, section 11.3.3.4 (iTXt).
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .containers import (
    APP1,
    APP13,
    JPEG_MAGIC,
    PHOTOSHOP_HEADER,
    PNG_MAGIC,
    PNG_XMP,
    XMP_HEADER,
    jpeg_segments,
    png_chunks,
)

XMP_TAG, IPTC_TAG = 700, 33723
IPTC_RESOURCE = 0x0404
LONGEST = 1 << 22
"""Bytes of a packet that is read."""
FUJI_MAGIC, FUJI_JPEG_AT = b"FUJIFILMCCD-RAW ", 84
"""Fujifilm RAF: a whole JPEG inside; its offset is a big-endian number at byte 84."""


class Packets(NamedTuple):
    """Metadata that a file holds in pieces of its own."""

    xmp: bytes = b""
    iptc: bytes = b""


def read_packets(file: BinaryIO) -> Packets:
    """Read the packets of a JPEG, a PNG, a RAF or a TIFF-like file; empty ones for another."""
    file.seek(0)
    head = file.read(FUJI_JPEG_AT + 4)
    if head.startswith(JPEG_MAGIC):
        return _of_jpeg(file)
    if head.startswith(FUJI_MAGIC):
        return _of_jpeg(file, int.from_bytes(head[FUJI_JPEG_AT:], "big"))
    if head.startswith(PNG_MAGIC):
        return Packets(_png_xmp(file))
    return _of_tiff(file, head)


def source_packets(source: Path) -> Packets:
    """Read the packets of a file by its path; empty ones where it cannot be read any more."""
    try:
        with source.open("rb") as file:
            return read_packets(file)
    except (OSError, struct.error):
        return Packets()


def _of_jpeg(file: BinaryIO, base: int = 0) -> Packets:
    xmp, photoshop = b"", b""
    for marker, payload in jpeg_segments(file, base):
        if marker == APP1 and payload.startswith(XMP_HEADER):
            xmp = xmp or payload[len(XMP_HEADER) :]
        elif marker == APP13 and payload.startswith(PHOTOSHOP_HEADER):
            photoshop += payload[len(PHOTOSHOP_HEADER) :]
    return Packets(xmp, _iptc(photoshop))


def _iptc(resources: bytes) -> bytes:
    """Find the IPTC records among image resources: `8BIM`, number, padded name, length, data, padding."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and len(resources) >= at + 12:
        (number,) = struct.unpack_from(">H", resources, at + 4)
        start = at + 6 + (resources[at + 6] // 2 + 1) * 2
        size = int.from_bytes(resources[start : start + 4], "big")
        if number == IPTC_RESOURCE:
            return resources[start + 4 : start + 4 + size]
        at = start + 4 + size + size % 2
    return b""


def _png_xmp(file: BinaryIO) -> bytes:
    for kind, data in png_chunks(file):
        if kind != b"iTXt" or not data.startswith(PNG_XMP + b"\0"):
            continue
        compressed, rest = data[len(PNG_XMP) + 1], data[len(PNG_XMP) + 3 :]
        text = rest.split(b"\0", 2)[-1]
        try:
            return zlib.decompressobj().decompress(text, LONGEST) if compressed else text
        except zlib.error:
            return b""
    return b""


def _of_tiff(file: BinaryIO, head: bytes) -> Packets:
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return Packets()
    (at,) = struct.unpack_from(order + "I", head, 4)
    file.seek(at)
    (count,) = struct.unpack(order + "H", file.read(2).ljust(2, b"\0"))
    table = file.read(12 * count)
    found = {XMP_TAG: b"", IPTC_TAG: b""}
    for start in range(0, len(table) - 11, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", table, start)
        size = number * (4 if kind == 4 else 1)
        if tag in found and 4 < size <= LONGEST:
            file.seek(struct.unpack_from(order + "I", table, start + 8)[0])
            found[tag] = file.read(size)
    return Packets(found[XMP_TAG], found[IPTC_TAG])
