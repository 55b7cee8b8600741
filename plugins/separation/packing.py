"""A Bayer mosaic as four planes at half size, and back.

References
----------
Song et al.: "Real-scene Reflection Removal with RAW-RGB Image Pairs", IEEE TCSVT 2023.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

Pattern = tuple[tuple[int, ...], ...]


def places(cfa: Pattern) -> tuple[tuple[int, int], ...]:
    """Return the (row, column) in the 2 x 2 cell of R, the first green met row by row, the second, and B.

    Raises
    ------
    ValueError
        If the pattern is no Bayer pattern.
    """
    cell = {0: [], 1: [], 2: []}  # type: dict[int, list[tuple[int, int]]]
    if len(cfa) == 2 and all(len(row) == 2 for row in cfa):
        for r, row in enumerate(cfa):
            for c, colour in enumerate(row):
                cell.setdefault(colour, []).append((r, c))
    if [len(cell[colour]) for colour in (0, 1, 2)] != [1, 2, 1]:
        raise ValueError(f"{cfa} is no Bayer pattern: one red, two green and one blue in a 2 x 2 cell")
    return (*cell[0], *cell[1], *cell[2])


def pack(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Pack (N, 1, H, W) into the planes R, G, G, B: (N, 4, H / 2, W / 2). H and W are even.

    Nothing else happens: no white balance, and the planes' half-pixel offsets stay.
    """
    cells = F.pixel_unshuffle(mosaic, 2)
    return cells[:, [2 * row + column for row, column in places(cfa)]]


def unpack(planes: Tensor, cfa: Pattern) -> Tensor:
    """Undo `pack`."""
    order = [2 * row + column for row, column in places(cfa)]
    return F.pixel_shuffle(planes[:, [order.index(place) for place in range(4)]], 2)
