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

from ..cfa import Pattern, describe_pattern, is_bayer
from .border import check_size, mirrored

ROWS, COLUMNS = -2, -1
REACH = 8
"""How far a result looks: 2 for green, 2 for the decision, 4 for the colours and their refining."""
TILE = 512
"""Side of the tiles, even: what is found on the way stays in the cache, and takes no memory to speak of."""
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
    if not is_bayer(cfa):
        raise ValueError(f"menon2007 takes Bayer mosaics, this is a {describe_pattern(cfa)}")
    check_size(mosaic, 2, 2)
    guide = mosaic if guide is None else guide
    if guide.shape != mosaic.shape:
        raise ValueError(f"the mosaic is {tuple(mosaic.shape)}, its guide {tuple(guide.shape)}")
    height, width = mosaic.shape[1:]
    result = mosaic.new_empty((3, height, width))
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            part = result[:, top : top + TILE, left : left + TILE]
            seen, ruling = (_tile(whole, cfa, top, left, *part.shape[1:]) for whole in (mosaic, guide))
            down, right = (-start for start in _starts(cfa))
            for colour, found in enumerate(_interpolate(seen, along_rows(ruling))):
                part[colour].copy_(found[down : down + part.shape[1], right : right + part.shape[2]])
    return result


def along_rows(mosaic: Tensor) -> Tensor:
    """Tell at each red and blue sample whether the picture runs along its row rather than its column.

    `mosaic` (H, W) starts at a red sample; returns (H, W) bool, of no meaning at green samples nor within 4 of the
    border. The way along which the difference of colour to green changes less wins (equations 6 to 9); a tie goes to
    the row.
    """
    with torch.no_grad():
        return _restlessness(mosaic, COLUMNS, ROWS) <= _restlessness(mosaic, ROWS, COLUMNS)


def _starts(cfa: Pattern) -> tuple[int, int]:
    """First row and column of a tile's surroundings, relative to the tile: a red sample, `REACH` or more before it."""
    red = next((row, column) for row in (0, 1) for column in (0, 1) if cfa[row][column] == 0)
    return red[0] - REACH - 2, red[1] - REACH - 2


def _tile(mosaic: Tensor, cfa: Pattern, top: int, left: int, height: int, width: int) -> Tensor:
    """Cut a tile out of a mosaic, with what it reaches around it; both sides are even."""
    down, right = _starts(cfa)
    more = 2 * REACH + 4
    rows = mirrored(mosaic, 1, top + down, top + down + height + height % 2 + more)
    return mirrored(rows, 2, left + right, left + right + width + width % 2 + more)[0]


def _restlessness(mosaic: Tensor, way: int, across: int) -> Tensor:
    """Sum the changes of the colour difference along a way over a 5x5 window."""
    difference = mosaic - _green_along(mosaic, way)
    change = (difference - difference.roll(-2, way)).abs()
    between = change.roll(1, way)
    change = change + change.roll(2, way)
    return CENTRE_WEIGHT * change + _both_sides(change, across, 2) + _both_sides(between, across)


def _green_along(mosaic: Tensor, way: int) -> Tensor:
    """Return green at every sample, interpolated along one way (equations 1 and 2)."""
    found = _both_sides(mosaic, way) / 2 + (2 * mosaic - _both_sides(mosaic, way, 2)) / 4
    found[0::2, 1::2] = mosaic[0::2, 1::2]
    found[1::2, 0::2] = mosaic[1::2, 0::2]
    return found


def _interpolate(mosaic: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return red, green and blue of a tile whose ways are decided; (H, W) each."""
    green = torch.where(rows, _green_along(mosaic, COLUMNS), _green_along(mosaic, ROWS))
    own, other = _colours_at_green(mosaic, green)
    gap = other - own  # at green samples; in the rows above and below, own and other have changed places
    own = _at_colours(own, mosaic)
    other = _at_colours(
        other, mosaic + torch.where(rows, _both_sides(gap, COLUMNS), -_both_sides(gap, ROWS)) / 2
    )
    return _refine(mosaic, rows, green, own, other)


def _refine(
    mosaic: Tensor, rows: Tensor, green: Tensor, own: Tensor, other: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Smooth the colour differences along the ways (section IV), green first, then the colours."""
    near, far = own - green, other - green
    smooth = torch.where(rows, _both_sides(near, COLUMNS), _both_sides(far, ROWS)) + near
    green = _at_colours(green, mosaic - smooth / 3)
    gap = other - own
    at_green = _colours_at_green(mosaic, green)
    gap_at_green = _at_colours(at_green[1] - at_green[0], gap)
    smooth = gap + torch.where(rows, _both_sides(gap_at_green, COLUMNS), -_both_sides(gap_at_green, ROWS))
    own, other = _at_colours(at_green[0], mosaic), _at_colours(at_green[1], mosaic + smooth / 3)
    red, blue = other.clone(), own.clone()
    red[0::2], blue[0::2] = own[0::2], other[0::2]
    return red, green, blue


def _colours_at_green(mosaic: Tensor, green: Tensor) -> tuple[Tensor, Tensor]:
    """Return own and other at green samples: green and the mean difference of the two nearest samples."""
    difference = mosaic - green
    return green + _both_sides(difference, COLUMNS) / 2, green + _both_sides(difference, ROWS) / 2


def _at_colours(plane: Tensor, values: Tensor) -> Tensor:
    """Return the plane with other values at its red and blue samples."""
    result = plane.clone()
    result[0::2, 0::2] = values[0::2, 0::2]
    result[1::2, 1::2] = values[1::2, 1::2]
    return result


def _both_sides(plane: Tensor, way: int, distance: int = 1) -> Tensor:
    return plane.roll(distance, way) + plane.roll(-distance, way)
