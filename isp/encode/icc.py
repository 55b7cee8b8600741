"""ICC profiles of the output spaces: matrix and parametric curve, exactly the numbers of `isp.tone.curves`.

Version 4 display profiles, written here because a profile that only nearly matches its pixels shifts their
colour.

Reference: ICC.1:2022 (profile version 4.4), sections 7.2 (header), 8.4.3 (matrix profiles), 9.2 and 10
(tags).
"""

from __future__ import annotations

import hashlib
import struct
from functools import cache

import numpy as np

from ..colour.colorimetry import D50_XYZ, Matrix, bradford, rgb_to_xyz, white_point
from ..tone.curves import curve_segments

VERSION = 0x04400000
CREATED = (2024, 1, 1, 0, 0, 0)
"""Fixed, so that the same picture gives the same file."""
LINEAR_SEGMENT, PURE_POWER = 3, 0
"""Function types of parametricCurveType, ICC.1:2022 table 68."""
COPYRIGHT = "No copyright, use freely"


@cache
def icc_profile(space: str, curve: str) -> bytes:
    """Return the profile of a named space with a named curve.

    `space` is a space of `isp.parameters`, `curve` a name that `isp.tone.curves` knows; `ValueError` for others.
    The same arguments give the same bytes.
    """
    colorants = _colorants(space)
    trc = _curve(curve)
    tags = [
        (b"desc", _text(f"{space}, {_curve_words(curve)}")),
        (b"cprt", _text(COPYRIGHT)),
        (b"wtpt", _xyz(np.array(D50_XYZ))),
        (b"chad", b"sf32\0\0\0\0" + _fixed(*bradford(white_point(space), np.array(D50_XYZ)).flatten())),
        *((name, _xyz(colorants[:, i])) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))),
        *((name, trc) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    profile = _assemble(tags)
    # The ID is the MD5 of the profile with flags, intent and ID zero (7.2.18); here flags and intent are.
    return profile[:84] + hashlib.md5(profile, usedforsecurity=False).digest() + profile[100:]


def _colorants(space: str) -> Matrix:
    """Primaries under D50; the sum is D50 to the last bit of the file, so that grey is exactly neutral."""
    white = np.array(D50_XYZ)
    found: Matrix = bradford(white_point(space), white) @ rgb_to_xyz(space)
    steps: Matrix = np.round(found * 65536)
    steps[:, 1] += np.round(white * 65536) - steps.sum(axis=1)
    colorants: Matrix = steps / 65536
    return colorants


def _curve(curve: str) -> bytes:
    segments = curve_segments(curve)
    if segments.knee == 0:
        return _parametric(PURE_POWER, segments.gamma)
    scale = 1 / (1 + segments.offset)
    return _parametric(
        LINEAR_SEGMENT, segments.gamma, scale, segments.offset * scale, 1 / segments.slope, segments.knee
    )


def _curve_words(curve: str) -> str:
    kind, _, exponent = curve.partition(":")
    known = {"srgb": "sRGB curve", "rec709": "Rec. 709 curve", "linear": "linear", "lstar": "L* curve"}
    return known.get(kind, f"gamma {exponent}")


def _parametric(function: int, *parameters: float) -> bytes:
    return struct.pack(">4s4xHxx", b"para", function) + _fixed(*parameters)


def _xyz(xyz: Matrix) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*xyz)


def _fixed(*values: float) -> bytes:
    """s15Fixed16Number, ICC.1:2022 section 4.6."""
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))


def _text(words: str) -> bytes:
    """multiLocalizedUnicodeType with one record, section 10.15."""
    data = words.encode("utf-16-be")
    return struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(data), 28) + data


def _assemble(tags: list[tuple[bytes, bytes]]) -> bytes:
    """Header, tag table and tags; equal tags share their data."""
    at = 128 + 4 + 12 * len(tags)
    table, body, places = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    for name, data in tags:
        if data not in places:
            places[data] = at + len(body)
            body += data.ljust(-(-len(data) // 4) * 4, b"\0")
        table += struct.pack(">4sII", name, places[data], len(data))
    return _header(at + len(body)) + table + body


def _header(size: int) -> bytes:
    head = struct.pack(">I4xI4s4s4s6H4s", size, VERSION, b"mntr", b"RGB ", b"XYZ ", *CREATED, b"acsp")
    # Platform, flags, manufacturer, model, attributes and intent (perceptual) are 0; then the white of the
    # PCS.
    return (head + b"\0" * 28 + _fixed(*D50_XYZ)).ljust(128, b"\0")
