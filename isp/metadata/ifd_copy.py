"""The tags of an EXIF structure as they stand there, to be written into another file.

References: TIFF 6.0, section 2; CIPA DC-008-2019 (Exif 2.32), section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from .exif_tags import TAGS
from .exif_write import ExifEntries
from .ifd_write import EXIF_IFD, GPS_IFD, HEADER, SUB_IFD, Entry

# TIFF 6.0 section 2: type number to bytes of a value.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
LARGEST = 1 << 13
"""Bytes of a value that is copied: longer ones are pictures or a maker's own data."""
ROOM = 12_000
"""Bytes of the values of a directory, so that all tags together fit a JPEG segment; the longest are left out first."""
PICTURE = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 296, 317, 320, 322}
)
"""TIFF tags of how the old picture is stored: its size, depth, compression, strips, orientation and resolution."""
STRUCTURE = frozenset({SUB_IFD, EXIF_IFD, GPS_IFD, 323, 324, 325, 513, 514, 529, 530, 531, 532, 40965})
"""Tags that point into the old file, or tell how its picture is stored."""
PACKETS = frozenset({700, 33723, 34377, 34675})
"""XMP, IPTC, Photoshop and ICC, which go their own ways."""
MAKERS = frozenset({37500, 50341})
"""MakerNote and PrintIM: offsets in them are right in the old file only."""
CODING = frozenset({36864, 37121, 37122, 40960, 40961, 40962, 40963, 42240})
"""Exif tags of how the old picture was coded: versions, components, bits, colour space, size and gamma."""
LEFT_OUT = PICTURE | STRUCTURE | PACKETS | MAKERS | CODING
DNG_TAGS = range(50706, 65536)
"""Tags of DNG and of makers, which say how raw data is to be read."""


def copied_entries(blob: bytes) -> ExifEntries:
    """Return the tags of a little-endian EXIF structure that are true of another file of the same photograph.

    Without the common ones, which travel with the frame, where what they say has been checked.
    `ValueError` for another kind of structure.
    """
    if blob[:4] != HEADER or len(blob) < 8:
        raise ValueError("not a little-endian TIFF structure")
    main = {entry.code: entry for entry in _entries(blob, int.from_bytes(blob[4:8], "little"))}
    exif, gps = (_part(blob, main.get(pointer)) for pointer in (EXIF_IFD, GPS_IFD))
    found = {"IFD0": main.values(), "ExifIFD": exif, "GPS": gps}
    return ExifEntries(*(_kept(entries, name) for name, entries in found.items()))


def merged(own: ExifEntries, copied: ExifEntries) -> ExifEntries:
    """Return the tags of both; where both have one, that of `own`."""
    return ExifEntries(
        _joined(own.main, copied.main), _joined(own.exif, copied.exif), _joined(own.gps, copied.gps)
    )


def _joined(own: tuple[Entry, ...], copied: tuple[Entry, ...]) -> tuple[Entry, ...]:
    there = {entry.code for entry in own}
    return (*own, *(entry for entry in copied if entry.code not in there))


def _kept(entries: Iterable[Entry], directory: str) -> tuple[Entry, ...]:
    common = {tag.code for tag in TAGS.values() if tag.directory == directory}
    gone = common if directory == "GPS" else common | LEFT_OUT
    kept = [entry for entry in entries if entry.code not in gone and entry.code not in DNG_TAGS]
    while sum(len(entry.payload) for entry in kept) > ROOM:
        kept.remove(max(kept, key=lambda entry: len(entry.payload)))
    return tuple(kept)


def _part(blob: bytes, pointer: Entry | None) -> list[Entry]:
    return list(_entries(blob, int.from_bytes(pointer.payload[:4], "little"))) if pointer is not None else []


def _entries(blob: bytes, at: int) -> Iterator[Entry]:
    count = int.from_bytes(blob[at : at + 2], "little")
    for start in range(at + 2, min(at + 2 + 12 * count, len(blob) - 11), 12):
        code, kind, number, offset = struct.unpack_from("<HHII", blob, start)
        size = SIZES.get(kind, 0) * number
        payload = blob[start + 8 : start + 8 + size] if size <= 4 else blob[offset : offset + size]
        if 0 < size <= LARGEST and len(payload) == size:
            yield Entry(code, kind, number, payload)
