"""A writer of TIFF directories (IFDs), little-endian, for EXIF blobs and to extend classic TIFF files.

Reference: TIFF 6.0, section 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL = 1, 2, 3, 4, 5, 7, 10
HEADER = b"II*\0"
SUB_IFD, EXIF_IFD, GPS_IFD = 330, 34665, 34853
INTEGER_CODES = {BYTE: "B", SHORT: "H", LONG: "I"}
LARGEST = {RATIONAL: 2**32 - 1, SRATIONAL: 2**31 - 1}
DENOMINATOR = 1_000_000
"""Fractions are the closest ones with denominators up to this."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag of a directory."""

    code: int
    type: int
    count: int
    payload: bytes
    in_place: bool = False
    """The payload is the entry's own four bytes, already an offset where the values are longer."""


def integers(code: int, kind: int, *values: int) -> Entry:
    """Return a BYTE, SHORT or LONG entry; `struct.error` if a value does not fit."""
    return Entry(code, kind, len(values), struct.pack(f"<{len(values)}{INTEGER_CODES[kind]}", *values))


def ascii_text(code: int, text: str) -> Entry:
    """Return an ASCII entry; other letters are written in UTF-8, as programs do."""
    data = text.encode("utf-8") + b"\0"
    return Entry(code, ASCII, len(data), data)


def undefined(code: int, data: bytes) -> Entry:
    """Return an UNDEFINED entry."""
    return Entry(code, UNDEFINED, len(data), data)


def rationals(code: int, kind: int, *values: float) -> Entry:
    """Return a RATIONAL or SRATIONAL entry of the closest fractions.

    `ValueError` if a value is too large, or negative in a RATIONAL.
    """
    data = b"".join(_fraction(kind, value) for value in values)
    return Entry(code, kind, len(values), data)


def directory(entries: Iterable[Entry], start: int, following: int = 0) -> bytes:
    """Return a directory that is to stand at byte `start`, its longer values behind it.

    `following` is the offset of the next directory, 0 for none.
    """
    ordered = sorted(entries, key=lambda entry: entry.code)
    values_at = start + 2 + 12 * len(ordered) + 4
    head, values = struct.pack("<H", len(ordered)), b""
    for entry in ordered:
        field = entry.payload
        if not entry.in_place and len(field) > 4:
            field = struct.pack("<I", values_at + len(values))
            values += entry.payload + b"\0" * (len(entry.payload) % 2)
        head += struct.pack("<HHI", entry.code, entry.type, entry.count) + field.ljust(4, b"\0")
    return head + struct.pack("<I", following) + values


def linked(
    main: Sequence[Entry],
    exif: Sequence[Entry],
    gps: Sequence[Entry],
    start: int,
    following: int = 0,
    sub: Sequence[Entry] = (),
) -> bytes:
    """Return a main directory for byte `start` with its Exif and GPS directories and one SubIFD behind it, where
    they have tags.
    """
    parts = [
        (code, entries) for code, entries in ((SUB_IFD, sub), (EXIF_IFD, exif), (GPS_IFD, gps)) if entries
    ]
    unlinked = [*main, *(integers(code, LONG, 0) for code, _ in parts)]
    at = start + len(directory(unlinked, start))
    pointers, blobs = [], []
    for code, entries in parts:
        pointers.append(integers(code, LONG, at))
        blobs.append(directory(entries, at))
        at += len(blobs[-1])
    return directory([*main, *pointers], start, following) + b"".join(blobs)


def extend_tiff(data: bytes, main: Sequence[Entry], exif: Sequence[Entry], gps: Sequence[Entry]) -> bytes:
    """Add tags to the first directory of a classic little-endian TIFF; a tag that is there is replaced.

    The directory is written anew behind the file, with the Exif and GPS directories; nothing else moves.
    `ValueError` for another kind of file.
    """
    if data[:4] != HEADER:
        raise ValueError("only classic little-endian TIFF files can be extended")
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    new = {entry.code for entry in main}
    kept = [entry for entry in (_read(data, at + 2 + 12 * i) for i in range(count)) if entry.code not in new]
    (following,) = struct.unpack_from("<I", data, at + 2 + 12 * count)
    start = len(data) + len(data) % 2
    padding = b"\0" * (start - len(data))
    tail = linked([*kept, *main], exif, gps, start, following)
    return b"".join((data[:4], struct.pack("<I", start), data[8:], padding, tail))


def _read(data: bytes, at: int) -> Entry:
    code, kind, count = struct.unpack_from("<HHI", data, at)
    return Entry(code, kind, count, data[at + 8 : at + 12], in_place=True)


def _fraction(kind: int, value: float) -> bytes:
    fraction = Fraction(value).limit_denominator(DENOMINATOR)
    if abs(fraction.numerator) > LARGEST[kind] or (kind == RATIONAL and fraction < 0):
        raise ValueError(f"{value} cannot be written as a TIFF fraction")
    return struct.pack("<II" if kind == RATIONAL else "<ii", fraction.numerator, fraction.denominator)
