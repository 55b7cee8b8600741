"""Colours outside the output space."""

from __future__ import annotations

import torch
from torch import Tensor


def is_outside(pixels: Tensor) -> Tensor:
    """Tell (..., H, W) where any colour of (..., 3, H, W) RGB is below 0 or above 1; NaN is not."""
    return ((pixels < 0) | (pixels > 1)).any(dim=-3)


def desaturate(pixels: Tensor, weights: Tensor) -> Tensor:
    """Move colours outside [0, 1] towards the grey of their luminance until they are inside.

    Y + t (RGB - Y) with the largest t up to 1 that has all three in [0, 1]: a straight line in linear RGB (and so in
    CIE xy towards white) along which luminance does not change. It is clipping along lines of constant lightness (J.
    Morovic, M. R. Luo: The Fundamentals of Gamut Mapping: A Survey, J. Imaging Sci. Technol. 45, 2001) with light in
    the place of CIELAB.

    Parameters
    ----------
    pixels : (..., 3, H, W) float
        Linear RGB of the output space, 1 = white; any range.
    weights : (3,) float
        Luminance of R, G and B; they add up to 1.

    Returns
    -------
    (..., 3, H, W) float
        Pixels inside are left bit for bit. Where the luminance itself is above 1 or below 0 the result is that grey,
        still outside. Pixels with NaN or infinity stay as they are.
    """
    grey = torch.einsum("j,...jhw->...hw", weights.to(pixels), pixels).unsqueeze(-3)
    away = pixels - grey
    up = torch.where(pixels > 1, (1 - grey) / away, 1.0)
    down = torch.where(pixels < 0, grey / -away, 1.0)
    t = torch.minimum(up, down).amin(dim=-3, keepdim=True)
    # A luminance outside gives a share below 0, or above 1 where the colour is on the other side of its grey.
    reachable = (grey >= 0) & (grey <= 1)
    moved = torch.where(reachable, (grey + t * away).clamp(0, 1), grey)
    changes = is_outside(pixels).unsqueeze(-3) & pixels.isfinite().all(dim=-3, keepdim=True)
    return torch.where(changes, moved, pixels)
