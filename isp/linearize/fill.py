"""Holes in a picture filled from their surroundings, near and far.

Reference: S. J. Gortler, R. Grzeszczuk, R. Szeliski, M. F. Cohen, "The Lumigraph", SIGGRAPH 1996, section 3.4: sums and
weights go up a pyramid, and each level fills the holes of the next finer one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def fill_holes(pixels: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted picture with its holes filled.

    Parameters
    ----------
    pixels : (C, H, W) float32
        Any finite values; those without weight are not looked at.
    weights : (1, H, W) float32
        How much each pixel counts for the holes around it, 0 and above; 0 is a hole.

    Returns
    -------
    (C, H, W) float32
        `pixels` where there is a weight; elsewhere weighted means of what is near. All 0 if nothing has a weight.
    """
    value = torch.where(weights > 0, pixels, 0)
    if not bool((weights == 0).any()) or max(pixels.shape[-2:]) == 1:
        return value
    sums, total = _halved(value * weights), _halved(weights)
    means = torch.where(total > 0, sums / total.clamp(min=torch.finfo(total.dtype).tiny), 0)
    coarse = fill_holes(means, total)
    size = pixels.shape[-2:]
    smooth = F.interpolate(coarse[None], scale_factor=2, mode="bilinear")[0, :, : size[0], : size[1]]
    return torch.where(weights > 0, value, smooth)


def _halved(pixels: Tensor) -> Tensor:
    """Means of 2x2 pixels; what lies beyond an odd edge counts as 0."""
    height, width = pixels.shape[-2:]
    return F.avg_pool2d(F.pad(pixels, (0, width % 2, 0, height % 2))[None], 2)[0]
