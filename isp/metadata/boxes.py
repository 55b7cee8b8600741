"""Colour profile, EXIF and XMP put into files made of boxes: AVIF and JPEG XL.

References: ISO/IEC 14496-12 (boxes; `meta`, section 8.11), ISO/IEC 23008-12 (items, properties and annex A.2: Exif),
AV1 Image File Format 1.1; ISO/IEC 18181-2:2024, section 9 (boxes of JPEG XL).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

JXL_CODESTREAM = b"\xff\x0a"
JXL_SIGNATURE = struct.pack(">I4s4s", 12, b"JXL ", b"\r\n\x87\n")
JXL_TYPE = b"jxl \0\0\0\0jxl "
LEVEL, WHOLE, PART = b"jxll", b"jxlc", b"jxlp"
XMP_TYPE = b"application/rdf+xml"
PICTURE, EXIF_ITEM, XMP_ITEM = 1, 2, 3
FULL = b"\0\0\0\0"
"""Version and flags of a full box, both 0."""


def box(kind: bytes, payload: bytes) -> bytes:
    """Return a box; its payload is shorter than 4 GiB."""
    return struct.pack(">I4s", len(payload) + 8, kind) + payload


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and payload of boxes that follow one another; `ValueError` where one does not end."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data.ljust(at + 16, b"\0"), at)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data.ljust(at + 16, b"\0"), at + 8), 16
        end = len(data) if size == 0 else at + size
        if end > len(data) or end < at + head:
            raise ValueError(f"a box of type {kind.decode('latin-1')!r} does not end")
        yield kind, data[at + head : end]
        at = end


def jxl_codestream(data: bytes) -> tuple[bytes, bytes]:
    """Return the codestream of a JPEG XL and its level box, which is empty where there is none; `ValueError` for other
    data.
    """
    if data[:2] == JXL_CODESTREAM:
        return data, b""
    if not data.startswith(JXL_SIGNATURE):
        raise ValueError("not JPEG XL data")
    codestream, level = b"", b""
    for kind, payload in boxes(data):
        if kind == LEVEL:
            level = box(kind, payload)
        codestream += payload if kind == WHOLE else payload[4:] if kind == PART else b""
    return codestream, level


def embed_jxl(codestream: bytes, level: bytes, exif: bytes, xmp: bytes) -> bytes:
    """Return a JPEG XL file of a codestream, its level box, a TIFF structure of EXIF and an XMP packet."""
    parts = [JXL_SIGNATURE, box(b"ftyp", JXL_TYPE), level, box(b"Exif", FULL + exif)]
    return b"".join([*parts, box(b"xml ", xmp), box(WHOLE, codestream)])


def embed_avif(data: bytes, exif: bytes, xmp: bytes, icc: bytes | None) -> bytes:
    """Add EXIF (a TIFF structure), an XMP packet and a colour profile to an AVIF.

    `data` is an AVIF as libavif writes one plain picture: one item, its data in one piece. `ValueError` for another.
    """
    top = list(boxes(data))
    kinds = [kind for kind, _ in top]
    if kinds != [b"ftyp", b"meta", b"mdat"]:
        raise ValueError("not the AVIF of one plain picture")
    meta = dict(boxes(top[1][1][4:]))
    if set(meta) != {b"hdlr", b"pitm", b"iloc", b"iinf", b"iprp"}:
        raise ValueError("not the AVIF of one plain picture")
    picture, more = top[2][1], FULL + exif
    sizes = [len(picture), len(more), len(xmp)]
    # The places do not change how long the box of places is, so it is made twice: to measure, and to say them.
    start = len(box(*top[0])) + len(_meta(meta, sizes, 0, icc)) + 8
    return b"".join([box(*top[0]), _meta(meta, sizes, start, icc), box(b"mdat", picture + more + xmp)])


def _meta(meta: Mapping[bytes, bytes], sizes: list[int], start: int, icc: bytes | None) -> bytes:
    places = [start + sum(sizes[:index]) for index in range(len(sizes))]
    children = [
        box(b"hdlr", meta[b"hdlr"]),
        box(b"pitm", meta[b"pitm"]),
        box(b"iloc", _places(places, sizes)),
        box(b"iinf", _items(meta[b"iinf"])),
        box(b"iref", FULL + _describes(EXIF_ITEM) + _describes(XMP_ITEM)),
        box(b"iprp", _properties(meta[b"iprp"], icc)),
    ]
    return box(b"meta", FULL + b"".join(children))


def _places(places: list[int], sizes: list[int]) -> bytes:
    """`iloc`, version 0: offsets and lengths of four bytes, one extent for each item."""
    rows = (
        struct.pack(">HHHII", item, 0, 1, place, size)
        for item, (place, size) in enumerate(zip(places, sizes, strict=True), start=PICTURE)
    )
    return FULL + struct.pack(">BBH", 0x44, 0, len(places)) + b"".join(rows)


def _items(known: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", known, 4)
    if count != 1 or known[:4] != FULL:
        raise ValueError("not the AVIF of one plain picture")
    more = [
        box(b"infe", struct.pack(">IHH4s", 0x02000001, EXIF_ITEM, 0, b"Exif") + b"Exif\0"),
        box(b"infe", struct.pack(">IHH4s", 0x02000001, XMP_ITEM, 0, b"mime") + b"XMP\0" + XMP_TYPE + b"\0"),
    ]
    return FULL + struct.pack(">H", count + len(more)) + known[6:] + b"".join(more)


def _describes(item: int) -> bytes:
    return box(b"cdsc", struct.pack(">HHH", item, 1, PICTURE))


def _properties(known: bytes, icc: bytes | None) -> bytes:
    parts = dict(boxes(known))
    container, linked = parts[b"ipco"], parts[b"ipma"]
    if icc is None:
        return known
    version_flags, count, item, links = struct.unpack_from(">IIHB", linked)
    if version_flags or (count, item) != (1, PICTURE):
        raise ValueError("not the AVIF of one plain picture")
    place = len(list(boxes(container))) + 1
    linked = struct.pack(">IIHB", 0, 1, PICTURE, links + 1) + linked[11:] + bytes((place,))
    return box(b"ipco", container + box(b"colr", b"prof" + icc)) + box(b"ipma", linked)
