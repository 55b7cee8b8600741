"""Hot pixels of a mosaic: found against their neighbours of the same colour, and replaced by the median of them.

A hot pixel stands alone: light that passes a lens falls on the next samples as well, so a star raises its neighbours of
the other colours, a hot pixel does not. The median of the neighbours is the usual repair; the test is our own.
"""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from ..cfa import Pattern

NEIGHBOURS = 8
"""Same-colour samples that each one is compared with: the nearest."""
FLOOR = 0.01
"""Share of saturation by which a hot pixel stands out at least; what is less cannot be told from noise, or seen."""
SPREADS = 3.0
"""How many times the range of its neighbours a hot pixel stands above the highest of them. Together with `ALONE`, 3 of
10^6 samples of Gaussian noise do, as counted in 4 * 10^6; `FLOOR` keeps those of little noise."""
ALONE = 0.25
"""Share of its height by which the highest of the samples around it, of any colour, may stand out as well."""
AROUND = [(dy, dx) for dy, dx in product((-1, 0, 1), (-1, 0, 1)) if dy or dx]


def repair_hot_pixels(mosaic: Tensor, cfa: Pattern) -> tuple[Tensor, int]:
    """Replace hot pixels by the median of their neighbours of the same colour.

    Parameters
    ----------
    mosaic : (1, H, W) float32
        Linear samples, 0 = black, 1 = saturation.
    cfa : pattern
        From the first sample on; of any size.

    Returns
    -------
    (1, H, W) float32, int
        The mosaic, and the number of samples that were replaced; all others are the very same. A mosaic of fewer than
        four periods in a direction is left alone, and so is a sample with a neighbour that is not a number.
    """
    height, width = mosaic.shape[-2:]
    if height < 4 * len(cfa) or width < 4 * len(cfa[0]):
        return mosaic, 0
    plane = mosaic[0]
    rows, columns = _candidates(plane, cfa).nonzero(as_tuple=True)
    medians = _medians(plane, cfa, rows, columns)
    excess = plane[rows, columns] - medians
    around = torch.stack([_excess_beside(plane, cfa, rows + dy, columns + dx) for dy, dx in AROUND])
    hot = (excess > FLOOR) & (around.amax(0) < ALONE * excess)
    result = mosaic.clone()
    result[0, rows[hot], columns[hot]] = medians[hot]
    return result, int(hot.sum())


def same_colour_offsets(cfa: Pattern, row: int, column: int) -> list[tuple[int, int]]:
    """Return the 8 nearest (row, column) offsets from a cell to others of its colour, the nearest first."""
    rows, columns = len(cfa), len(cfa[0])
    reach = range(-2 * max(rows, columns) + 1, 2 * max(rows, columns))
    alike = [
        (dy, dx)
        for dy, dx in product(reach, reach)
        if (dy or dx) and cfa[(row + dy) % rows][(column + dx) % columns] == cfa[row][column]
    ]
    return sorted(alike, key=lambda at: (at[0] ** 2 + at[1] ** 2, at))[:NEIGHBOURS]


def _candidates(plane: Tensor, cfa: Pattern) -> Tensor:
    """Which samples of (H, W) stand out from the range of their neighbours."""
    rows, columns = len(cfa), len(cfa[0])
    found = torch.zeros_like(plane, dtype=torch.bool)
    for row, column in product(range(rows), range(columns)):
        down = torch.arange(row, plane.shape[0], rows, device=plane.device)
        right = torch.arange(column, plane.shape[1], columns, device=plane.device)
        near = (
            plane[_inside(down + dy, plane.shape[0], rows)][:, _inside(right + dx, plane.shape[1], columns)]
            for dy, dx in same_colour_offsets(cfa, row, column)
        )
        highest = lowest = next(near)
        for samples in near:
            highest, lowest = torch.maximum(highest, samples), torch.minimum(lowest, samples)
        own = plane[row::rows, column::columns]
        found[row::rows, column::columns] = own - highest > SPREADS * (highest - lowest)
    return found


def _medians(plane: Tensor, cfa: Pattern, rows: Tensor, columns: Tensor) -> Tensor:
    """Medians of the neighbours of some places, whose rows and columns are (N,)."""
    period = (len(cfa), len(cfa[0]))
    table = torch.tensor(
        [[same_colour_offsets(cfa, row, column) for column in range(period[1])] for row in range(period[0])],
        device=plane.device,
    )
    offsets = table[rows % period[0], columns % period[1]]
    down = _inside(rows[:, None] + offsets[..., 0], plane.shape[0], period[0])
    right = _inside(columns[:, None] + offsets[..., 1], plane.shape[1], period[1])
    ranked = plane[down, right].sort(dim=1).values
    return (ranked[:, NEIGHBOURS // 2 - 1] + ranked[:, NEIGHBOURS // 2]) / 2


def _excess_beside(plane: Tensor, cfa: Pattern, rows: Tensor, columns: Tensor) -> Tensor:
    """By how much some places stand above their neighbours' median; those beyond an edge not at all."""
    height, width = plane.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    excess = plane[rows, columns] - _medians(plane, cfa, rows, columns)
    return torch.where(inside, excess, 0)


def _inside(index: Tensor, size: int, period: int) -> Tensor:
    """Bring places beyond an edge two periods inside, where the pattern is the same."""
    index = torch.where(index < 0, index + 2 * period, index)
    return torch.where(index >= size, index - 2 * period, index)
