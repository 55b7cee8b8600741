"""IPTC records: the old form of captions, keywords and authors, told in XMP as well.

References: IPTC-IIM version 4.2, chapters 5 (envelope) and 6 (application record); IPTC Photo Metadata Standard 2023.1,
which says what XMP property each data set is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MARK, UTF8 = 0x1C, b"\x1b%G"
CHARACTER_SET, APPLICATION = (1, 90), 2
# Data set of record 2: property, and the kind of list that it is.
PROPERTIES = {
    5: ("dc:title", "Alt"),
    25: ("dc:subject", "Bag"),
    40: ("photoshop:Instructions", ""),
    80: ("dc:creator", "Seq"),
    85: ("photoshop:AuthorsPosition", ""),
    90: ("photoshop:City", ""),
    92: ("Iptc4xmpCore:Location", ""),
    95: ("photoshop:State", ""),
    100: ("Iptc4xmpCore:CountryCode", ""),
    101: ("photoshop:Country", ""),
    103: ("photoshop:TransmissionReference", ""),
    105: ("photoshop:Headline", ""),
    110: ("photoshop:Credit", ""),
    115: ("photoshop:Source", ""),
    116: ("dc:rights", "Alt"),
    120: ("dc:description", "Alt"),
    122: ("photoshop:CaptionWriter", ""),
}


def iptc_properties(data: bytes) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return XMP property and kind of list to texts, for the data sets that have one."""
    sets = list(_data_sets(data))
    utf8 = any((record, number) == CHARACTER_SET and value == UTF8 for record, number, value in sets)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for record, number, value in sets:
        if record == APPLICATION and number in PROPERTIES:
            text = _text(value, utf8)
            known = found.get(PROPERTIES[number], ())
            if text:
                found[PROPERTIES[number]] = (*known, text)
    return found


def _text(value: bytes, utf8: bool) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("utf-8", "replace") if utf8 else value.decode("latin-1")
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()


def _data_sets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 5 <= len(data) and data[at] == MARK:
        record, number, size = struct.unpack_from(">BBH", data, at + 1)
        if size & 0x8000:  # an extended data set: pictures, which have no place here
            return
        yield record, number, data[at + 5 : at + 5 + size]
        at += 5 + size
