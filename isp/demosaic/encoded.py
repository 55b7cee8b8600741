"""Interpolating display values instead of light.

Interpolation fits lines through edges, and what it misses by is a share of the edge. In light, a small share of a
bright side is a large one of the dark side, where it is seen most: dark dots and coloured lines along edges. Under a
display curve both sides weigh as they do to the eye, and noise of photons is about even. The papers' own figures, too,
are of display values.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..bands import BAND, by_bands
from ..tone.curves import decode_curve, encode_curve

CURVE = "srgb"
"""IEC 61966-2-1: straight near black, so that noise around black keeps its mean; goes on below 0 and above 1."""


def encode_mosaic(mosaic: Tensor) -> Tensor:
    """Return a linear (1, H, W) mosaic as display values, 0 and 1 where they were; by bands, without gradients."""
    return by_bands(lambda samples: encode_curve(samples, CURVE), mosaic)


def interpolate_encoded(interpolate: Callable[[Tensor], Tensor], mosaic: Tensor) -> Tensor:
    """Interpolate the display values of a linear mosaic and take the result back to light.

    Parameters
    ----------
    interpolate : (1, H, W) to (3, H, W)
        Gives a tensor that nobody else has.
    mosaic : (1, H, W) float32
        Linear, white-balanced, 1 = saturation; any range.

    Returns
    -------
    (3, H, W) float32
        Linear. Measured samples come back within the rounding of the curve, 1e-6 of their size.
    """
    result = interpolate(encode_mosaic(mosaic))
    rows = max(1, BAND // result.shape[-1])
    for top in range(
        0, result.shape[-2], rows
    ):  # in place: a second picture would be the largest thing around
        band = result[:, top : top + rows]
        band.copy_(decode_curve(band, CURVE))
    return result
