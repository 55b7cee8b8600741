"""Pixels from places between pixels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..bands import BAND
from .model import Field


def resample(pixels: Tensor, field: Field) -> Tensor:
    """Fetch each pixel from where its light is.

    Parameters
    ----------
    pixels : (C, H, W) float
        Linear light of any range; C is 3 (each colour has its own places) or 1 (the places of green).
    field : Field
        Of the same size.

    Returns
    -------
    (C, H, W) float
        By cubic convolution with a = -0.75 (R. Keys: Cubic Convolution Interpolation for Digital Image Processing,
        1981, with the constant of torch's `grid_sample`), which may overshoot at edges. Next to the border the
        edge pixels are repeated; more than half a pixel outside there is black. A NaN spreads to the pixels within
        two of it.
    """
    result = torch.empty_like(pixels, memory_format=torch.contiguous_format)
    rows = max(1, BAND // field.width)
    for start in range(0, field.height, rows):
        stop = min(start + rows, field.height)
        places = field.rows(start, stop).to(pixels.device)
        for channel in range(pixels.shape[0]):
            place = places[:, channel if pixels.shape[0] == 3 else 1]
            result[channel, start:stop] = _fetch(pixels[channel], *place)
    return result


def _fetch(plane: Tensor, x: Tensor, y: Tensor) -> Tensor:
    height, width = plane.shape
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)[None].to(plane)
    found = F.grid_sample(
        plane[None, None], grid, mode="bicubic", padding_mode="border", align_corners=False
    )[0, 0]
    return found.masked_fill(is_border(x, y, height, width), 0.0)


def is_border(x: Tensor, y: Tensor, height: int, width: int) -> Tensor:
    """Tell which places are more than half a pixel outside the centres of an (H, W) picture's edge pixels."""
    return (x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)


def border_share(field: Field) -> float:
    """Return the share of pixels that get no light because their place, for green, is outside the picture."""
    rows = max(1, BAND // field.width)
    count = 0
    for start in range(0, field.height, rows):
        x, y = field.rows(start, min(start + rows, field.height))[:, 1]
        count += int(is_border(x, y, field.height, field.width).sum())
    return count / (field.height * field.width)
