"""Large pictures in overlapping tiles whose seams are faded into each other."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

OVERLAP = 64
"""Pixels that neighbouring tiles share at least: a quarter of the side of common training crops."""


def in_tiles(look: Callable[[Tensor], Tensor], pictures: Tensor, side: int) -> tuple[Tensor, int]:
    """Apply a function that keeps the size to a picture, in tiles where it is larger.

    Parameters
    ----------
    look
        (N, C, h, w) to (N, D, h, w).
    pictures : (N, C, H, W) float32
    side : int
        Of a tile, at least `OVERLAP`; 0: never cut.

    Returns
    -------
    (N, D, H, W), and the number of tiles. Every tile has the same size, so the weights of a pixel add up to 1.
    """
    height, width = pictures.shape[-2:]
    if side == 0 or max(height, width) <= side:
        return look(pictures), 1
    rows, columns = starts(height, side), starts(width, side)
    answer: Tensor | None = None
    weight = pictures.new_zeros(height, width)
    for top in rows:
        for left in columns:
            place = (..., slice(top, top + side), slice(left, left + side))
            tile = look(pictures[place])
            if answer is None:
                answer = tile.new_zeros((*tile.shape[:2], height, width))
            fade = _fade(tile.shape[-2]).to(tile)[:, None] * _fade(tile.shape[-1]).to(tile)
            answer[place] += tile * fade
            weight[place[1:]] += fade
    assert answer is not None
    return answer / weight, len(rows) * len(columns)


def starts(length: int, side: int) -> list[int]:
    """Return where tiles start along a side, evenly spread.

    >>> starts(1000, 512)
    [0, 244, 488]
    """
    if length <= side:
        return [0]
    overlap = min(OVERLAP, side // 2)
    count = -(-(length - overlap) // (side - overlap))
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _fade(length: int) -> Tensor:
    """Return weights that rise from both ends over the overlap."""
    ends = torch.minimum(torch.arange(1, length + 1), torch.arange(length, 0, -1))
    return (ends / OVERLAP).clamp(max=1)
