"""The colour filter array: which colour each sample of a mosaic has.

A pattern is a tuple of rows, as in `Camera.cfa`: 0 red, 1 green, 2 blue; it repeats from the first row and
column of the mosaic. 2x2 Bayer, 6x6 X-Trans, 1x1 monochrome (`((1,),)`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Pattern = Sequence[Sequence[int]]
LETTERS = "RGB"


def tile_pattern(pattern: Sequence[Sequence[float]], height: int, width: int, like: Tensor) -> Tensor:
    """Repeat a pattern of any size over (height, width), in the dtype and on the device of `like`."""
    cell = torch.tensor(pattern, dtype=like.dtype, device=like.device)
    rows = torch.arange(height, device=like.device) % cell.shape[0]
    columns = torch.arange(width, device=like.device) % cell.shape[1]
    return cell[rows][:, columns]


def colour_index(cfa: Pattern, height: int, width: int, device: torch.device | str = "cpu") -> Tensor:
    """Return the (height, width) int64 colour of each sample: 0 R, 1 G, 2 B."""
    return tile_pattern(cfa, height, width, torch.empty(0, dtype=torch.int64, device=device))


def colour_masks(cfa: Pattern, height: int, width: int, device: torch.device | str = "cpu") -> Tensor:
    """Return (3, height, width) bool masks; each sample is true in the one plane of its colour."""
    colours = torch.arange(3, device=device)[:, None, None]
    return colour_index(cfa, height, width, device)[None] == colours


def is_bayer(cfa: Pattern) -> bool:
    """Tell whether the pattern is one of the four Bayer orders: greens on a diagonal, one red, one blue."""
    if len(cfa) != 2 or any(len(row) != 2 for row in cfa):
        return False
    diagonals = sorted([cfa[0][0], cfa[1][1]]), sorted([cfa[0][1], cfa[1][0]])
    return sorted(diagonals) == [[0, 2], [1, 1]]


def is_monochrome(cfa: Pattern) -> bool:
    """Tell whether every sample has the same colour: a sensor without colour filters."""
    return len({colour for row in cfa for colour in row}) == 1


def describe_pattern(cfa: Pattern) -> str:
    """Return words for messages, e.g. `RGGB`, `6x6 mosaic` or `monochrome`."""
    if is_monochrome(cfa):
        return "monochrome"
    if is_bayer(cfa):
        return "".join(LETTERS[colour] for row in cfa for colour in row)
    return f"{len(cfa)}x{len(cfa[0])} mosaic"


def block_side(cfa: Pattern) -> int:
    """Return the side of the smallest square blocks, from the first sample on, that hold every colour of the pattern:
    2 for Bayer, 3 for X-Trans, 1 for one colour.
    """
    colours = {colour for row in cfa for colour in row}
    rows, columns = len(cfa), len(cfa[0])
    for side in range(1, max(rows, columns)):
        if rows % side or columns % side:
            continue
        blocks = [
            {cfa[top + row][left + column] for row in range(side) for column in range(side)}
            for top in range(0, rows, side)
            for left in range(0, columns, side)
        ]
        if all(block == colours for block in blocks):
            return side
    return max(rows, columns)
