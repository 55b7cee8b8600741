"""A reader of TIFF directories (IFDs): the tags of TIFF-like RAW files, of EXIF blobs and of DNG files.

Reads tag values only, never image data. Tolerant on purpose: a tag whose values lie outside the file is left
out, and directories are followed only from the first one.

References: TIFF 6.0, section 2; Exif 2.32; DNG 1.7.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

TagValues = tuple[float | int | bytes, ...]
"""Numbers of a tag; for ASCII and UNDEFINED one item of bytes. Rationals are floats; 0/0 and n/0 are NaN."""
Directory = Mapping[int, TagValues]

MAGIC = {42: "TIFF", 0x55: "Panasonic RW2", 0x4F52: "Olympus ORF", 0x5352: "Olympus ORF"}
# TIFF 6.0 section 2: type number to struct code (13 is the IFD offset of the TIFF supplement).
CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
TEXT_TYPES = (2, 7)
RATIONAL_TYPES = {5: "I", 10: "i"}
SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROP_IFD = 330, 34665, 34853, 40965
MAX_BYTES = 1 << 17
"""Values longer than this are data, not facts about the picture. A table for 16 bits and an offset for each column of
the widest sensors are as long."""
MAX_ENTRIES = 1000
MAX_DIRECTORIES = 32


@dataclass(frozen=True, slots=True)
class TiffTags:
    """Directories of one TIFF structure."""

    main: Directory
    subs: tuple[Directory, ...] = ()
    exif: Directory = field(default_factory=dict)
    gps: Directory = field(default_factory=dict)
    interop: Directory = field(default_factory=dict)


def read_tiff_tags(file: BinaryIO, base: int = 0) -> TiffTags | None:
    """Read the directories of a TIFF structure that starts at byte `base`; None if there is none."""
    file.seek(base)
    head = file.read(8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8 or struct.unpack(order + "H", head[2:4])[0] not in MAGIC:
        return None
    reader = _Reader(file, base, order)
    main = reader.directory(struct.unpack(order + "I", head[4:8])[0])
    exif = reader.first(main, EXIF_IFD)
    return TiffTags(
        main=main,
        subs=tuple(reader.directory(offset) for offset in _offsets(main, SUB_IFDS)[:MAX_DIRECTORIES]),
        exif=exif,
        gps=reader.first(main, GPS_IFD),
        interop=reader.first(exif, INTEROP_IFD),
    )


def numbers(directory: Directory, tag: int, count: int) -> tuple[float, ...]:
    """Return `count` finite numbers of a tag, or nothing."""
    values = directory.get(tag, ())[:count]
    if len(values) < count or any(isinstance(value, bytes) for value in values):
        return ()
    found = tuple(float(value) for value in values)
    return found if all(math.isfinite(value) for value in found) else ()


def text(directory: Directory, tag: int) -> str:
    """Return the text of an ASCII tag, up to its NUL; empty where missing."""
    values = directory.get(tag, ())
    if not values or not isinstance(values[0], bytes):
        return ""
    return values[0].split(b"\0")[0].decode("utf-8", "replace").strip()


class _Reader:
    def __init__(self, file: BinaryIO, base: int, order: str) -> None:
        self.file, self.base, self.order = file, base, order

    def first(self, directory: Directory, tag: int) -> Directory:
        return next((self.directory(offset) for offset in _offsets(directory, tag)), {})

    def directory(self, offset: int) -> Directory:
        return dict(self._entries(offset))

    def _entries(self, offset: int) -> Iterator[tuple[int, TagValues]]:
        (count,) = struct.unpack(self.order + "H", self._bytes(offset, 2).ljust(2, b"\0"))
        table = self._bytes(offset + 2, 12 * min(count, MAX_ENTRIES))
        for start in range(0, len(table) - 11, 12):
            entry = table[start : start + 12]
            tag, kind, number = struct.unpack(self.order + "HHI", entry[:8])
            values = self._values(kind, number, entry[8:])
            if values:
                yield tag, values

    def _values(self, kind: int, number: int, inline: bytes) -> TagValues:
        size = _size(kind) * number
        if not 0 < size <= MAX_BYTES:
            return ()
        (offset,) = struct.unpack(self.order + "I", inline)
        data = inline[:size] if size <= 4 else self._bytes(offset, size)
        if len(data) < size:
            return ()
        if kind in TEXT_TYPES:
            return (data,)
        if kind in RATIONAL_TYPES:
            pairs = struct.unpack(f"{self.order}{2 * number}{RATIONAL_TYPES[kind]}", data)
            return tuple(_ratio(*pairs[i : i + 2]) for i in range(0, len(pairs), 2))
        return struct.unpack(f"{self.order}{number}{CODES[kind]}", data)

    def _bytes(self, offset: int, size: int) -> bytes:
        self.file.seek(self.base + offset)
        return self.file.read(size)


def _offsets(directory: Directory, tag: int) -> list[int]:
    return [value for value in directory.get(tag, ()) if isinstance(value, int) and value >= 0]


def _size(kind: int) -> int:
    if kind in TEXT_TYPES:
        return 1
    return 8 if kind in RATIONAL_TYPES else struct.calcsize("<" + CODES.get(kind, ""))


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else float("nan")
