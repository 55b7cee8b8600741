"""Four directions weighed by gradients of colour differences: I. Pekkucuksen, Y. Altunbasak.

"Gradient based threshold free color filter array interpolation", IEEE International Conference on Image Processing,
2010, pages 137-140. Known as GBTF. The differences of green to red and blue are estimated along rows and along
columns at every sample; each sample then takes a mean of what lies to the north, south, west and east of it, weighed by
how little the differences change there. Once the weights are known, all is linear; so a side layer that is
interpolated by the picture's weights adds up with it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..cfa import Pattern
from .directional import COLUMNS, ROWS, at_colours, both_sides, by_tiles, hamilton_adams

REACH = 12
"""How far a result looks, even: 7 for green, 3 for the colour at the opposite one, 1 for those at green."""
STILL = 1e-9
"""Kept from 0: the change of a difference over 25 samples where there is none."""
NEAR, FAR = 10 / 32, -1 / 32
"""Weights of the 4 and 8 nearest samples of a colour around its opposite: the 7x7 filter of D. Paliy, V. Katkovnik,
R. Bilcu, S. Alenius, K. Egiazarian: "Spatially adaptive color filter array interpolation for noiseless and noisy
data", International Journal of Imaging Systems and Technology 17(3), 2007."""


def demosaic_pekkucuksen2010(mosaic: Tensor, cfa: Pattern, guide: Tensor | None = None) -> Tensor:
    """Interpolate a Bayer mosaic along its edges, after Pekkucuksen and Altunbasak.

    Parameters
    ----------
    mosaic : (1, H, W) float32 or float64
        Linear samples, any range above 1e-6 or so; H and W at least 2, odd sizes allowed. Best when
        white-balanced.
    cfa : 2x2 pattern
        Any of the four Bayer orders.
    guide : (1, H, W), same dtype and device
        The mosaic whose gradients weigh; by default `mosaic` itself. With one guide for all, interpolation is
        linear: layers that add up in the mosaic add up afterwards.

    Returns
    -------
    (3, H, W), dtype and device of `mosaic`
        R, G, B. Not clipped: it overshoots at edges. Samples that were measured are kept exactly. Gradients
        flow to `mosaic`, the weights taken as constants. Non-finite samples spoil what is within 11 pixels.

    Raises
    ------
    ValueError
        If the pattern is not Bayer, the mosaic smaller than 2x2 or the guide of another size.
    """
    return by_tiles(_interpolate, "pekkucuksen2010", REACH, mosaic, cfa, guide)


def direction_weights(mosaic: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the weights of north, south, west and east at every sample; they add up to 1.

    `mosaic` (H, W) starts at a red sample; (H, W) each, of no meaning within 7 of the border. A weight is the
    inverse square of the changes of the colour difference, along the direction, in the 5x5 window that ends at the
    sample.
    """
    with torch.no_grad():
        found = []
        for way in (ROWS, COLUMNS):
            difference = _difference(mosaic, way)
            change = (difference.roll(1, way) - difference.roll(-1, way)).abs()
            window = _five(_five(change, ROWS), COLUMNS).add_(STILL).pow_(-2)
            found += [window.roll(2, way), window.roll(-2, way)]
        total = found[0] + found[1] + found[2] + found[3]
        return found[0] / total, found[1] / total, found[2] / total, found[3] / total


def _interpolate(mosaic: Tensor, guide: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return red, green and blue of a tile, (H, W) each."""
    north, south, west, east = direction_weights(guide)
    columns, rows = (_five(_difference(mosaic, way), way) / 5 for way in (ROWS, COLUMNS))
    own = (
        north * columns.roll(2, ROWS)
        + south * columns.roll(-2, ROWS)
        + west * rows.roll(2, COLUMNS)
        + east * rows.roll(-2, COLUMNS)
    )
    own = at_colours(torch.zeros_like(mosaic), own)
    opposite = _at_opposite(own)
    green = mosaic + own
    red, blue = own.clone(), opposite.clone()  # as they are in red rows; in blue rows they change places
    red[1::2], blue[1::2] = opposite[1::2], own[1::2]
    red, blue = green - _at_green(red), green - _at_green(blue)
    red[0::2, 0::2], blue[1::2, 1::2] = mosaic[0::2, 0::2], mosaic[1::2, 1::2]
    return red, green, blue


def _difference(mosaic: Tensor, way: int) -> Tensor:
    """Return green less the colour of the row (column) at every sample, estimated along a way."""
    difference = mosaic - hamilton_adams(mosaic, way)
    return at_colours(difference, -difference)


def _at_opposite(difference: Tensor) -> Tensor:
    """Interpolate the differences of red at blue samples and of blue at red ones."""
    beside = both_sides(difference, COLUMNS)
    far = both_sides(beside, ROWS, 3) + both_sides(both_sides(difference, COLUMNS, 3), ROWS)
    return NEAR * both_sides(beside, ROWS) + FAR * far


def _at_green(difference: Tensor) -> Tensor:
    """Interpolate a difference that is known at red and blue samples at the green ones: the mean of four."""
    return at_colours((both_sides(difference, ROWS) + both_sides(difference, COLUMNS)) / 4, difference)


def _five(plane: Tensor, way: int) -> Tensor:
    """Add five samples along a way, the middle one at the place."""
    return plane + both_sides(plane, way) + both_sides(plane, way, 2)
