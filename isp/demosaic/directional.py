"""What the directional algorithms share: tiles that start at a red sample, and neighbours.

Inside a tile, red is at even rows and even columns, blue at odd rows and odd columns. What an algorithm decides is
found in a guide, which may be another mosaic than the one that is interpolated; all that follows is linear.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..cfa import Pattern, describe_pattern, is_bayer
from .border import check_size, mirrored

ROWS, COLUMNS = -2, -1
TILE = 512
"""Side of the tiles, even: what is found on the way stays in the cache, and takes no memory to speak of."""

Interpolate = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""A tile of the mosaic and the same tile of the guide, (h, w) each, to red, green and blue."""


def by_tiles(
    interpolate: Interpolate, name: str, reach: int, mosaic: Tensor, cfa: Pattern, guide: Tensor | None
) -> Tensor:
    """Interpolate a (1, H, W) Bayer mosaic tile by tile; (3, H, W).

    `reach` (even) says how far a result looks; so much of what is around a tile comes with it, mirrored at the
    borders of the mosaic. The result is that of one whole tile. `ValueError`, naming the algorithm, if the pattern
    is not Bayer, the mosaic smaller than 2x2 or the guide (None: the mosaic) of another size.
    """
    if not is_bayer(cfa):
        raise ValueError(f"{name} takes Bayer mosaics, this is a {describe_pattern(cfa)}")
    check_size(mosaic, 2, 2)
    guide = mosaic if guide is None else guide
    if guide.shape != mosaic.shape:
        raise ValueError(f"the mosaic is {tuple(mosaic.shape)}, its guide {tuple(guide.shape)}")
    red = next((row, column) for row in (0, 1) for column in (0, 1) if cfa[row][column] == 0)
    down, right = reach + 2 - red[0], reach + 2 - red[1]
    result = mosaic.new_empty((3, *mosaic.shape[1:]))
    for top in range(0, mosaic.shape[1], TILE):
        for left in range(0, mosaic.shape[2], TILE):
            part = result[:, top : top + TILE, left : left + TILE]
            height, width = part.shape[1:]
            seen, ruling = (
                _around(whole, (top - down, left - right), (height, width), reach)
                for whole in (mosaic, guide)
            )
            for colour, found in enumerate(interpolate(seen, ruling)):
                part[colour].copy_(found[down : down + height, right : right + width])
    return result


def _around(mosaic: Tensor, start: tuple[int, int], size: tuple[int, int], reach: int) -> Tensor:
    """Cut a tile and what is around it out of a mosaic; both sides are even."""
    for dimension in (1, 2):
        first, side = start[dimension - 1], size[dimension - 1]
        mosaic = mirrored(mosaic, dimension, first, first + side + side % 2 + 2 * reach + 4)
    return mosaic[0]


def both_sides(plane: Tensor, way: int, distance: int = 1) -> Tensor:
    """Add the two neighbours at a distance along a way; the borders of a plane have none, and are of no meaning."""
    return plane.roll(distance, way) + plane.roll(-distance, way)


def hamilton_adams(mosaic: Tensor, way: int) -> Tensor:
    """Estimate at every sample of a tile the colour that its neighbours along a way have.

    Their mean, and half of what the sample differs by from the mean of those of its own colour next to it: J. F.
    Hamilton, J. E. Adams, US patent 5,629,734 (1997, expired).
    """
    return both_sides(mosaic, way) / 2 + (2 * mosaic - both_sides(mosaic, way, 2)) / 4


def at_colours(plane: Tensor, values: Tensor) -> Tensor:
    """Return a plane with other values at the red and blue samples of a tile."""
    result = plane.clone()
    result[0::2, 0::2] = values[0::2, 0::2]
    result[1::2, 1::2] = values[1::2, 1::2]
    return result
