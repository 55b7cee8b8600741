"""A curve that leaves the hue alone."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

DARKEST = 2.0**-20
"""Below this level (linear, 1 = white) a curve is taken as a straight line through black: the quotient of
two smaller numbers says nothing."""
BRIGHTEST = 2.0**64
"""Above this level, too, so that infinity times the factor is not lost."""


def keep_ratios(pixels: Tensor, curve: Callable[[Tensor], Tensor]) -> Tensor:
    """Send the largest colour of each pixel through a curve and scale the others by the same factor.

    Ratios between linear R, G and B stay, and so do hue and saturation of HSV, which depend on nothing else
    (A. R. Smith: Color Gamut Transform Pairs, SIGGRAPH 1978; its V is the largest colour). What the curve takes to at
    most 1 is inside the gamut afterwards if it was above 0 before, which scaling by the luminance would not give.

    Parameters
    ----------
    pixels : (..., 3, H, W) float
        Linear RGB of any range. Where the largest colour is below 0, the factor is that of its size.
    curve : callable
        Linear to linear, any shape to the same shape, 0 to 0.

    Returns
    -------
    (..., 3, H, W) float
        A pixel with a NaN is NaN; infinity stays infinite.
    """
    size = pixels.amax(dim=-3, keepdim=True).abs()
    size = size.clamp(min=DARKEST, max=BRIGHTEST)
    return pixels * (curve(size) / size)
