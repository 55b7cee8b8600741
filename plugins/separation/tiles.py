"""Large pictures in overlapping tiles whose seams are faded into each other."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType

import torch
import torch.nn.functional as F
from torch import Tensor

OVERLAP = 64
"""Pixels that neighbouring tiles share at least: a quarter of the side of common training crops."""


Place = tuple[EllipsisType, slice, slice]


def in_tiles(
    look: Callable[[Tensor], Tensor],
    pictures: Tensor,
    side: int,
    overlap: int = OVERLAP,
    margin: int = 0,
    step: int = 1,
    batch: int = 1,
) -> tuple[Tensor, int]:
    """Apply a function that keeps the size to a picture, in tiles where it is larger.

    Parameters
    ----------
    look
        (N, C, h, w) to (N, D, h, w).
    pictures : (N, C, H, W) float32
    side : int
        Of a tile, more than `overlap`; 0: never cut.
    overlap : int
        Pixels that neighbours share at least.
    margin : int
        Pixels along an inner edge that count for nothing, less than half of the overlap; the rest of it is faded.
    step : int
        Tiles start at multiples of it and have sides that are multiples, as `side` is: what they lack at the far edges
        of the picture is its border repeated.
    batch : int
        Tiles that are shown at once, where there is one picture.

    Returns
    -------
    (N, D, H, W), and the number of tiles.
    """
    height, width = pictures.shape[-2:]
    if side == 0 or max(height, width) <= side:
        return look(pictures), 1
    downs = _fades(height, side, overlap, margin, step)
    acrosses = _fades(width, side, overlap, margin, step)
    corners = [(top, left) for top in downs for left in acrosses]
    count = batch if pictures.shape[0] == 1 else 1
    answer: Tensor | None = None
    for first in range(0, len(corners), count):
        some: list[Place] = [
            (..., slice(top, top + side), slice(left, left + side))
            for top, left in corners[first : first + count]
        ]
        seen = look(torch.cat([_whole_steps(pictures[place], step) for place in some]))
        if answer is None:
            answer = seen.new_zeros((pictures.shape[0], seen.shape[1], height, width))
        for place, tile in zip(some, torch.split(seen, pictures.shape[0]), strict=True):
            down, across = downs[place[1].start].to(tile), acrosses[place[2].start].to(tile)
            answer[place] += tile[..., : len(down), : len(across)] * (down[:, None] * across)
    assert answer is not None
    return answer, len(corners)


def starts(length: int, side: int, overlap: int = OVERLAP, step: int = 1) -> list[int]:
    """Return where tiles start along a side, evenly spread, at multiples of `step`.

    >>> starts(1000, 512)
    [0, 244, 488]
    """
    if length <= side:
        return [0]
    shared = overlap if overlap < side - step else side // 2
    count = -(-(length - shared - step) // max(step, side - shared - step))
    last = length - side
    return [round(i * last / (count - 1) / step) * step for i in range(count)] if count > 1 else [0, last]


def _whole_steps(tile: Tensor, step: int) -> Tensor:
    height, width = tile.shape[-2:]
    return F.pad(tile, (0, -width % step, 0, -height % step), mode="replicate")


def _fades(length: int, side: int, overlap: int, margin: int, step: int) -> dict[int, Tensor]:
    """Return, for each start along a side, the tile's weights there; those of all tiles add up to 1."""
    begun = starts(length + -length % step, side, overlap, step)
    found = {
        start: _fade(start, min(side, length - start), length, margin, overlap - 2 * margin)
        for start in begun
    }
    total = torch.zeros(length)
    for start, fade in found.items():
        total[start : start + len(fade)] += fade
    return {start: fade / total[start : start + len(fade)] for start, fade in found.items()}


def _fade(start: int, length: int, whole: int, margin: int, ramp: int) -> Tensor:
    """Return a tile's weights along one side: they rise behind the margin of an inner edge, and are 1 elsewhere."""
    place = torch.arange(length) + 0.5
    before = (place - margin) / ramp if start > 0 else torch.ones(length)
    behind = (length - place - margin) / ramp if start + length < whole else torch.ones(length)
    return torch.minimum(before, behind).clamp(0, 1)
