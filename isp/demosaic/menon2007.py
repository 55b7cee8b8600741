"""Directional interpolation with a decision afterwards: D. Menon, S. Andriani, G. Calvagno.

"Demosaicing With Directional Filtering and a Posteriori Decision", IEEE Transactions on Image Processing 16(1),
2007, pages 132-141; with its refining step. Once it is known for every sample whether the picture runs along the row or
along the column, all that follows is linear; so a side layer that is interpolated by the picture's decisions adds up
with it.

Inside, a tile of the mosaic starts at a red sample. `own` is the colour that a row has beside green (red in red rows,
blue in blue rows), `other` the one of the rows above and below: red and blue are then treated by the same lines.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..cfa import Pattern
from .directional import COLUMNS, ROWS, at_colours, both_sides, by_tiles, hamilton_adams

REACH = 8
"""How far a result looks: 2 for green, 2 for the decision, 4 for the colours and their refining."""
CENTRE_WEIGHT = 3.0
"""Weight of a sample's own row (column) in the 5x5 window of the decision, section III-B; all others weigh 1."""


def demosaic_menon2007(mosaic: Tensor, cfa: Pattern, guide: Tensor | None = None) -> Tensor:
    """Interpolate a Bayer mosaic along its edges, after Menon, Andriani and Calvagno.

    Parameters
    ----------
    mosaic : (1, H, W) float32 or float64
        Linear samples, any range; H and W at least 2, odd sizes allowed. Best when white-balanced.
    cfa : 2x2 pattern
        Any of the four Bayer orders.
    guide : (1, H, W), same dtype and device
        The mosaic whose edges decide; by default `mosaic` itself. With one guide for all, interpolation is
        linear: layers that add up in the mosaic add up afterwards.

    Returns
    -------
    (3, H, W), dtype and device of `mosaic`
        R, G, B. Not clipped: it overshoots at edges. Samples that were measured are kept exactly. Gradients
        flow to `mosaic`, the decisions taken as constants. Non-finite samples spoil what is within 8 pixels.

    Raises
    ------
    ValueError
        If the pattern is not Bayer, the mosaic smaller than 2x2 or the guide of another size.
    """
    return by_tiles(_interpolate, "menon2007", REACH, mosaic, cfa, guide)


def along_rows(mosaic: Tensor) -> Tensor:
    """Tell at each red and blue sample whether the picture runs along its row rather than its column.

    `mosaic` (H, W) starts at a red sample; returns (H, W) bool, of no meaning at green samples nor within 4 of the
    border. The way along which the difference of colour to green changes less wins (equations 6 to 9); a tie goes to
    the row.
    """
    with torch.no_grad():
        return _restlessness(mosaic, COLUMNS, ROWS) <= _restlessness(mosaic, ROWS, COLUMNS)


def _restlessness(mosaic: Tensor, way: int, across: int) -> Tensor:
    """Sum the changes of the colour difference along a way over a 5x5 window."""
    difference = mosaic - _green_along(mosaic, way)
    change = (difference - difference.roll(-2, way)).abs()
    between = change.roll(1, way)
    change = change + change.roll(2, way)
    return CENTRE_WEIGHT * change + both_sides(change, across, 2) + both_sides(between, across)


def _green_along(mosaic: Tensor, way: int) -> Tensor:
    """Return green at every sample, interpolated along one way (equations 1 and 2)."""
    return at_colours(mosaic, hamilton_adams(mosaic, way))


def _interpolate(mosaic: Tensor, guide: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return red, green and blue of a tile, (H, W) each."""
    rows = along_rows(guide)
    green = torch.where(rows, _green_along(mosaic, COLUMNS), _green_along(mosaic, ROWS))
    own, other = _colours_at_green(mosaic, green)
    gap = other - own  # at green samples; in the rows above and below, own and other have changed places
    own = at_colours(own, mosaic)
    other = at_colours(
        other, mosaic + torch.where(rows, both_sides(gap, COLUMNS), -both_sides(gap, ROWS)) / 2
    )
    return _refine(mosaic, rows, green, own, other)


def _refine(
    mosaic: Tensor, rows: Tensor, green: Tensor, own: Tensor, other: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Smooth the colour differences along the ways (section IV), green first, then the colours."""
    near, far = own - green, other - green
    smooth = torch.where(rows, both_sides(near, COLUMNS), both_sides(far, ROWS)) + near
    green = at_colours(green, mosaic - smooth / 3)
    gap = other - own
    at_green = _colours_at_green(mosaic, green)
    gap_at_green = at_colours(at_green[1] - at_green[0], gap)
    smooth = gap + torch.where(rows, both_sides(gap_at_green, COLUMNS), -both_sides(gap_at_green, ROWS))
    own, other = at_colours(at_green[0], mosaic), at_colours(at_green[1], mosaic + smooth / 3)
    red, blue = other.clone(), own.clone()
    red[0::2], blue[0::2] = own[0::2], other[0::2]
    return red, green, blue


def _colours_at_green(mosaic: Tensor, green: Tensor) -> tuple[Tensor, Tensor]:
    """Return own and other at green samples: green and the mean difference of the two nearest samples."""
    difference = mosaic - green
    return green + both_sides(difference, COLUMNS) / 2, green + both_sides(difference, ROWS) / 2
