"""The colour encoding in the header of a JPEG XL codestream, which the encoder of imagecodecs cannot be told.

A JPEG XL says its colours by numbers, with primaries, white and curve of any matrix space; the decoder makes the
ICC profile of them. What it has no numbers for, it says by an ICC profile (`isp.encode.jxl_icc`). Bits are counted from
the lowest of each byte.

Reference: ISO/IEC 18181-1:2022, annexes B (headers) and E.2 (colour encoding).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..colour.colorimetry import D65_XY, rgb_to_xyz
from ..tone.curves import curve_segments
from .jxl_icc import icc_bits

MAGIC = b"\xff\x0a"
LONGEST = 128
"""Bytes within which the headers that an encoder of ours writes end."""
Choices = tuple[tuple[int, int], ...]
SIZES: Choices = ((9, 1), (13, 1), (18, 1), (30, 1))
ENUM: Choices = ((0, 0), (0, 1), (4, 2), (6, 18))
CUSTOM: Choices = ((19, 0), (19, 524288), (20, 1048576), (21, 2097152))
INTEGER_BITS: Choices = ((0, 8), (0, 10), (0, 12), (6, 1))
FLOAT_BITS: Choices = ((0, 32), (0, 16), (0, 24), (6, 1))
EXTRA_CHANNELS: Choices = ((0, 0), (0, 1), (4, 2), (12, 1))
# Tables E.2 to E.5.
RGB, CUSTOM_XY, D65, RELATIVE, HAS_ICC = 0, 2, 1, 1, 1
BY_PROFILE = "01"
PRIMARIES = {"sRGB": 1, "Rec2020": 9, "Display P3": 11}
TRANSFER = {"rec709": 1, "linear": 8, "srgb": 13}
GAMMA_UNIT = 1e7
XY_UNIT = 1e6


@dataclass(slots=True)
class _Bits:
    """Bits of a header, lowest first, as text of 0 and 1."""

    text: str
    at: int = 0

    def read(self, count: int) -> int:
        part = self.text[self.at : self.at + count]
        if len(part) < count:
            raise ValueError("the header of the JPEG XL does not end")
        self.at += count
        return int(part[::-1] or "0", 2)

    def choose(self, choices: Choices) -> int:
        bits, offset = choices[self.read(2)]
        return self.read(bits) + offset


def can_say(curve: str) -> bool:
    """Tell whether a JPEG XL has numbers for a curve: one of its own, or a pure gamma from 1 up; not for none ('')."""
    if not curve:
        return False
    return curve in TRANSFER or (curve_segments(curve).knee == 0 and curve_segments(curve).gamma >= 1)


def with_colour(codestream: bytes, space: str, curve: str, bits: int, icc: bytes = b"") -> bytes:
    """Return a codestream whose header says other colours and another depth.

    Parameters
    ----------
    codestream : bytes
        As an encoder of three channels without extras writes it.
    space, curve : str
        Names of the colours to be said, of `isp.parameters` and `isp.tone.curves`. Of a lossless picture they are
        those of its samples; of a lossy one those that a decoder is to give.
    bits : int
        Bits per whole sample to be said.
    icc : bytes
        A profile in the place of the numbers; empty: none.

    Raises
    ------
    ValueError
        For a curve that it cannot say, another kind of codestream, or a profile that is too short to be one.
    """
    if not icc and not can_say(curve):
        raise ValueError(f"a JPEG XL has no numbers for the curve {curve!r}")
    if codestream[:2] != MAGIC:
        raise ValueError("not a JPEG XL codestream")
    header = _Bits("".join(f"{byte:08b}"[::-1] for byte in codestream[2:LONGEST]))
    _skip_size(header)
    size_end = header.at
    wide, lossy = _metadata(header)
    tail = header.at
    _skip_transform(header)
    start = 2 + -(-header.at // 8)
    said = header.text[:size_end] + "00" + _depth(bits) + str(int(not wide)) + "00" + str(int(lossy))
    colour = BY_PROFILE + _enum(RGB) if icc else _colour(space, curve)
    said += colour + "00" + header.text[tail : header.at] + (icc_bits(icc) if icc else "")
    said += "0" * (-len(said) % 8)
    return MAGIC + bytes(int(said[i : i + 8][::-1], 2) for i in range(0, len(said), 8)) + codestream[start:]


def _skip_size(header: _Bits) -> None:
    small = header.read(1)
    for by_ratio in (False, True):
        if by_ratio and header.read(3):
            return
        header.read(5) if small else header.choose(SIZES)


def _metadata(header: _Bits) -> tuple[bool, bool]:
    """Read the image metadata; return whether samples need more than 16 bits inside, and whether it is lossy."""
    if header.read(1):
        return False, True
    extra = header.read(1)
    if extra and header.read(6):
        raise ValueError("a JPEG XL with orientation, preview or animation")
    if header.read(1):
        header.choose(FLOAT_BITS)
        header.read(4)
    else:
        header.choose(INTEGER_BITS)
    wide = not header.read(1)
    if header.choose(EXTRA_CHANNELS):
        raise ValueError("a JPEG XL with extra channels")
    lossy = bool(header.read(1))
    _skip_colour(header)
    if extra and not header.read(1):
        raise ValueError("a JPEG XL with tone mapping of its own")
    if header.read(2):
        raise ValueError("a JPEG XL with extensions")
    return wide, lossy


def _skip_colour(header: _Bits) -> None:
    if header.read(1):
        return
    if header.read(1) == HAS_ICC or header.choose(ENUM) != RGB:
        raise ValueError("a JPEG XL that is not RGB by numbers")
    for points in (1, 3):
        if header.choose(ENUM) == CUSTOM_XY:
            for _ in range(2 * points):
                header.choose(CUSTOM)
    header.read(24) if header.read(1) else header.choose(ENUM)
    header.choose(ENUM)


def _skip_transform(header: _Bits) -> None:
    if not header.read(1):
        raise ValueError("a JPEG XL with a transform of its own")


def _colour(space: str, curve: str) -> str:
    xyz = rgb_to_xyz(space)
    white, primaries = xyz.sum(axis=1), xyz.T
    is_d65 = np.allclose(white[:2] / white.sum(), D65_XY, atol=1e-5)
    said = "00" + _enum(RGB) + (_enum(D65) if is_d65 else _enum(CUSTOM_XY) + _xy(white))
    if space in PRIMARIES:
        said += _enum(PRIMARIES[space])
    else:
        said += _enum(CUSTOM_XY) + "".join(_xy(primary) for primary in primaries)
    if curve in TRANSFER:
        said += "0" + _enum(TRANSFER[curve])
    else:
        said += "1" + _number(round(GAMMA_UNIT / curve_segments(curve).gamma), 24)
    return said + _enum(RELATIVE)


def _xy(xyz: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    signed = (round(float(value) * XY_UNIT) for value in xyz[:2] / xyz.sum())
    return "".join(_choice(2 * value if value >= 0 else -2 * value - 1, CUSTOM) for value in signed)


def _depth(bits: int) -> str:
    return "0" + _choice(bits, INTEGER_BITS)


def _enum(value: int) -> str:
    return _choice(value, ENUM)


def _choice(value: int, choices: Choices) -> str:
    for selector, (bits, offset) in enumerate(choices):
        if offset <= value < offset + 2**bits:
            return _number(selector, 2) + _number(value - offset, bits)
    raise ValueError(f"{value} does not fit the header of a JPEG XL")


def _number(value: int, bits: int) -> str:
    return f"{value:0{bits}b}"[::-1] if bits else ""
