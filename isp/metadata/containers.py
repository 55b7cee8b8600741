"""The outer structure of JPEG and PNG files: where their headers, EXIF and colour profiles stand.

References: ITU-T T.81 annex B (JPEG), Exif 2.32 section 4.7 (APP1), ICC.1:2022 annex B.4 (APP2),
PNG specification, third edition, section 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

JPEG_MAGIC, PNG_MAGIC = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
APP1, APP2, APP13, SOS = 0xE1, 0xE2, 0xED, 0xDA
EOI = b"\xff\xd9"
SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
EXIF_HEADER, ICC_HEADER = b"Exif\0\0", b"ICC_PROFILE\0"
XMP_HEADER, PHOTOSHOP_HEADER = b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
PNG_XMP = b"XML:com.adobe.xmp"
MAX_PROFILE = 1 << 24


def jpeg_segments(file: BinaryIO, base: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield marker and payload of the segments before the image data of a JPEG that starts at byte `base`."""
    file.seek(base + 2)
    while len(head := file.read(2)) == 2 and head[0] == 0xFF:
        marker = head[1]
        while marker == 0xFF:
            marker = (file.read(1) or b"\0")[0]
        size = file.read(2)
        if marker == SOS or len(size) < 2:
            return
        yield marker, file.read(max(struct.unpack(">H", size)[0] - 2, 0))


def jpeg_exif(file: BinaryIO, base: int = 0) -> bytes | None:
    """Return the TIFF structure of the Exif segment, or None."""
    for marker, payload in jpeg_segments(file, base):
        if marker == APP1 and payload.startswith(EXIF_HEADER):
            return payload[len(EXIF_HEADER) :]
    return None


def jpeg_icc(file: BinaryIO) -> bytes | None:
    """Return the colour profile, put together from its numbered segments, or None."""
    parts = {
        payload[len(ICC_HEADER)]: payload[len(ICC_HEADER) + 2 :]
        for marker, payload in jpeg_segments(file)
        if marker == APP2 and payload.startswith(ICC_HEADER) and len(payload) > len(ICC_HEADER) + 2
    }
    return b"".join(parts[number] for number in sorted(parts)) or None


def jpeg_frame(file: BinaryIO) -> tuple[int, int]:
    """Return bits per sample and number of components; (0, 0) if there is no frame header."""
    for marker, payload in jpeg_segments(file):
        if marker in SOF and len(payload) >= 6:
            return payload[0], payload[5]
    return 0, 0


def jpeg_is_complete(file: BinaryIO) -> bool:
    """Tell whether the image data, in which no end marker can occur by chance, is followed by one."""
    for _ in jpeg_segments(file):
        pass
    return EOI in file.read()


def png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and data of the chunks of a PNG; image data is skipped."""
    file.seek(len(PNG_MAGIC))
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return
        if kind == b"IDAT":
            file.seek(size + 4, 1)
            continue
        yield kind, file.read(size)
        file.seek(4, 1)


def png_chunk(file: BinaryIO, wanted: bytes) -> bytes | None:
    """Return the data of the first chunk of a type, or None."""
    return next((data for kind, data in png_chunks(file) if kind == wanted), None)


def png_icc(file: BinaryIO) -> bytes | None:
    """Return the colour profile of the iCCP chunk, or None where it is missing or broken."""
    data = png_chunk(file, b"iCCP")
    if data is None or b"\0" not in data:
        return None
    try:
        return zlib.decompressobj().decompress(data[data.index(b"\0") + 2 :], MAX_PROFILE) or None
    except zlib.error:
        return None
