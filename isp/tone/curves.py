"""Transfer functions between linear light and display values.

Every curve is odd-symmetric below 0 and continued by the same formula above 1, so that nothing is lost where
a picture leaves [0, 1]. Gradients are finite and true, but for a pure gamma at exactly 0, where there is
none.

References: IEC 61966-2-1:1999 (sRGB), ITU-R BT.709-6 item 1.2 (rec709; also the curve of 10-bit BT.2020), CIE 15:2004
(lstar: L* / 100 of grey, the curve of eciRGB v2).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Segments:
    """Linear near black, a power above: the shape that `srgb`, `rec709` and a pure gamma share.

    Encoded v to linear: ((v + offset) / (1 + offset)) ** gamma from `knee` up, v / slope below.
    """

    gamma: float
    offset: float = 0.0
    slope: float = 1.0
    knee: float = 0.0
    """Encoded value where the power begins."""
    linear_knee: float = 0.0
    """The same place in linear light."""


CURVES = {
    "srgb": Segments(gamma=2.4, offset=0.055, slope=12.92, knee=0.04045, linear_knee=0.0031308),
    "rec709": Segments(gamma=1 / 0.45, offset=0.099, slope=4.5, knee=0.081, linear_knee=0.018),
    "linear": Segments(gamma=1.0),
    "lstar": Segments(gamma=3.0, offset=0.16, slope=24389 / 2700, knee=0.08, linear_knee=216 / 24389),
}


def curve_segments(curve: str) -> Segments:
    """Return the segments of a named curve: `srgb`, `rec709`, `linear` or `gamma:2.2` (any exponent above 0).

    `ValueError` for another name.
    """
    if curve in CURVES:
        return CURVES[curve]
    kind, _, exponent = curve.partition(":")
    try:
        gamma = float(exponent)
    except ValueError:
        gamma = 0.0
    if kind != "gamma" or not 0 < gamma < float("inf"):
        raise ValueError(
            f"no curve named {curve!r}; allowed: {', '.join(CURVES)} or gamma:<exponent above 0>"
        )
    return Segments(gamma=gamma)


def is_steep_at_black(curve: str) -> bool:
    """Tell whether a curve is infinitely steep at black: a pure gamma above 1. `ValueError` for a name not known."""
    segments = curve_segments(curve)
    return segments.linear_knee == 0 and segments.gamma > 1


def encode_curve(x: Tensor, curve: str) -> Tensor:
    """Encode linear light for display.

    Parameters
    ----------
    x : (...) float
        Linear, 1 = display white; any range. NaN stays NaN, infinity stays infinite.
    curve : str
        A name that `curve_segments` knows.

    Returns
    -------
    (...) float
        Display values, not clipped.
    """
    segments = curve_segments(curve)
    if segments.gamma == 1:
        return x
    size = x.abs()
    power = size.clamp(min=segments.linear_knee) ** (1 / segments.gamma)
    curved = (1 + segments.offset) * power - segments.offset
    return torch.where(size < segments.linear_knee, x * segments.slope, curved * x.sign())


def decode_curve(x: Tensor, curve: str) -> Tensor:
    """Take display values back to linear light: the inverse of `encode_curve`, with the same domain."""
    segments = curve_segments(curve)
    if segments.gamma == 1:
        return x
    size = x.abs()
    lifted = (size.clamp(min=segments.knee) + segments.offset) / (1 + segments.offset)
    return torch.where(size < segments.knee, x / segments.slope, lifted**segments.gamma * x.sign())
