"""EXIF for the files that leave: tags in the form of `isp.metadata.read` to TIFF directories.

References: CIPA DC-008-2019 (Exif 2.32), sections 4.6.4 to 4.6.6; table 17 for the tags that every file must
have.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .exif_tags import TAGS, ExifTag, clean_tag
from .ifd_write import (
    BYTE,
    HEADER,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    Entry,
    ascii_text,
    integers,
    linked,
    rationals,
    undefined,
)

LONGEST_TEXT = 1000
"""Bytes of a text that are kept, so that all tags together fit a JPEG segment."""
ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, YCBCR_POSITIONING = 274, 282, 283, 296, 531
EXIF_VERSION, COMPONENTS, FLASHPIX_VERSION = 36864, 37121, 40960
COLOR_SPACE, WIDTH, HEIGHT = 40961, 40962, 40963
SRGB, UNCALIBRATED = 1, 0xFFFF
INCHES, CENTERED, DPI = 2, 1, 72.0
GPS_ALTITUDE_REF = 5
GPS_VERSION = integers(0, BYTE, 2, 3, 0, 0)


@dataclass(frozen=True, slots=True)
class ExifEntries:
    """The directories of an EXIF structure."""

    main: tuple[Entry, ...]
    exif: tuple[Entry, ...]
    gps: tuple[Entry, ...]


def exif_entries(
    tags: Mapping[str, Any],
    *,
    software: str,
    orientation: int = 1,
    width: int = 0,
    height: int = 0,
    srgb: bool = False,
) -> ExifEntries:
    """Return the EXIF directories of a picture.

    Parameters
    ----------
    tags : mapping
        EXIF names to values, as `isp.metadata.read` says. Names that it does not know and values that cannot be
        written (a negative distance, an integer above 65535) are left out; texts end after 1,000 bytes.
    software : str
        Replaces the tag `Software`: who wrote the file.
    orientation : int
        EXIF orientation of the pixels as written.
    width, height : int
        Size of the picture as written; 0: not said, as in TIFF, which says it elsewhere.
    srgb : bool
        The pixels are sRGB; otherwise the tag `ColorSpace` says uncalibrated.
    """
    found: dict[str, list[Entry]] = {"IFD0": [], "ExifIFD": [], "GPS": []}
    for name, tag in TAGS.items():
        entry = _entry(name, tag, tags[name]) if name in tags and name != "Software" else None
        if entry is not None:
            found[tag.directory].append(entry)
    main = [ascii_text(TAGS["Software"].code, software), integers(ORIENTATION, SHORT, orientation)]
    exif = [
        undefined(EXIF_VERSION, b"0232"),
        integers(COLOR_SPACE, SHORT, SRGB if srgb else UNCALIBRATED),
        *(integers(code, LONG, size) for code, size in ((WIDTH, width), (HEIGHT, height)) if size),
    ]
    gps = [GPS_VERSION, *found["GPS"]] if found["GPS"] else []
    return ExifEntries((*found["IFD0"], *main), (*found["ExifIFD"], *exif), tuple(gps))


def exif_blob(entries: ExifEntries, *, jpeg: bool = False) -> bytes:
    """Return a TIFF structure with the tags that Exif wants beside them, for a JPEG segment or a PNG
    chunk.
    """
    main = [
        *entries.main,
        rationals(X_RESOLUTION, RATIONAL, DPI),
        rationals(Y_RESOLUTION, RATIONAL, DPI),
        integers(RESOLUTION_UNIT, SHORT, INCHES),
    ]
    exif = list(entries.exif)
    if jpeg:
        main.append(integers(YCBCR_POSITIONING, SHORT, CENTERED))
        exif += [undefined(COMPONENTS, b"\1\2\3\0"), undefined(FLASHPIX_VERSION, b"0100")]
    start = len(HEADER) + 4
    return HEADER + struct.pack("<I", start) + linked(main, exif, entries.gps, start)


def _entry(name: str, tag: ExifTag, value: Any) -> Entry | None:
    cleaned = clean_tag(name, value) if isinstance(value, str | int | float) else None
    if cleaned is None:
        return None
    try:
        return _text(tag, str(cleaned)) if tag.kind in ("text", "time") else _number(tag, float(cleaned))
    except (ValueError, struct.error):
        return None


def _text(tag: ExifTag, text: str) -> Entry:
    if tag.kind == "time":
        return rationals(tag.code, RATIONAL, *(float(part) for part in text.split(":")))
    return ascii_text(tag.code, text.encode("utf-8")[:LONGEST_TEXT].decode("utf-8", "ignore"))


def _number(tag: ExifTag, number: float) -> Entry:
    if tag.kind == "integer":
        is_byte = tag.directory == "GPS" and tag.code == GPS_ALTITUDE_REF
        return integers(tag.code, BYTE if is_byte else SHORT, int(number))
    if tag.kind == "degrees":
        minutes, seconds = divmod(round(number * 3600, 4), 60)
        degrees, minutes = divmod(minutes, 60)
        return rationals(tag.code, RATIONAL, degrees, minutes, round(seconds, 4))
    return rationals(tag.code, SRATIONAL if tag.kind == "signed" else RATIONAL, number)
