"""The edges of a mosaic: mirrored about the outermost sample, so that every colour keeps its places."""

from __future__ import annotations

import torch
from torch import Tensor


def mirrored(mosaic: Tensor, dimension: int, start: int, stop: int) -> Tensor:
    """Return the samples from `start` to `stop` along a dimension; those outside the mosaic are mirrored.

    Mirrored about the outermost sample, again and again where the mosaic is small: the period is even, so that
    a place outside has a sample of the colour that the pattern, continued, has there. The mosaic is at least 2 long.
    """
    size = mosaic.shape[dimension]
    if start >= 0 and stop <= size:
        return mosaic.narrow(dimension, start, stop - start)
    period = 2 * (size - 1)
    index = torch.arange(start, stop, device=mosaic.device) % period
    return mosaic.index_select(dimension, torch.minimum(index, period - index))


def check_size(mosaic: Tensor, height: int, width: int) -> None:
    """Refuse what is not a (1, H, W) mosaic of at least height x width (`ValueError`)."""
    if mosaic.ndim != 3 or mosaic.shape[0] != 1:
        raise ValueError(f"expected a (1, H, W) mosaic, got {tuple(mosaic.shape)}")
    if mosaic.shape[1] < height or mosaic.shape[2] < width:
        size = f"{mosaic.shape[2]}x{mosaic.shape[1]}"
        raise ValueError(f"the mosaic is {size} pixels; the demosaicer needs at least {width}x{height}")
