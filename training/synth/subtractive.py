"""The synthesis that DURRNet takes from CEILNet: a blurred reflection whose brightness is cut, added as displayed.

References
----------
Fan, Yang, Hua, Chen, Wipf: "A Generic Deep Architecture for Single Image Reflection Removal and Image Smoothing",
ICCV 2017 (CEILNet: the recipe).
Huang, Liu, Xia, Wang, Dragotti: "DURRNet: Deep Unfolded Single Image Reflection Removal Network with Joint
Prior", ICASSP 2024 (its use; the numbers are its release's).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..batch import Batch

SIDE = 11
"""Of the blur's kernel, pixels."""
SIGMA = (2.0, 5.0)
STRENGTH = 1.3
"""Factor of the brightness taken off; the release draws it between two equal ends."""


def draw(n: int, generator: Generator, device: torch.device | str) -> Tensor:
    """Draw the standard deviations of the blur of `n` reflections: (N,) float32, uniform in [2, 5] pixels."""
    unit = torch.rand(n, generator=generator, device=generator.device).to(device)
    return SIGMA[0] + (SIGMA[1] - SIGMA[0]) * unit


def subtractive(transmission: Tensor, reflection: Tensor, sigma: Tensor) -> Batch:
    """Put a reflection over a picture; everything is display-encoded, nothing is linearised.

    Parameters
    ----------
    transmission, reflection : (N, 3, H, W) float32
        Pictures in [0, 1].
    sigma : (N,) float32
        Standard deviation of each reflection's blur, pixels. Outside the picture the reflection is black.

    Returns
    -------
    Batch
        In [0, 1]. Where a mixture goes above 1 anywhere, `STRENGTH` times the mean excess of its bright values is
        taken off the whole reflection, and both are clipped. `blended = transmission + reflection` where not.
    """
    blurred = _blur(reflection, sigma)
    total = transmission + blurred
    above = (total > 1).to(total.dtype)
    count = above.sum((1, 2, 3), keepdim=True)
    excess = (above * (total - 1)).sum((1, 2, 3), keepdim=True) / count.clamp(min=1)
    cut = torch.where(count > 0, (blurred - STRENGTH * excess).clamp(0, 1), blurred)
    blended = torch.where(count > 0, (transmission + cut).clamp(0, 1), total)
    return Batch(blended=blended, transmission=transmission, reflection=cut)


def _blur(pictures: Tensor, sigma: Tensor) -> Tensor:
    n, c, h, w = pictures.shape
    radius = SIDE // 2
    x = torch.arange(-radius, radius + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-0.5 * (x / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(c, 0)[:, None]
    flat = pictures.reshape(1, n * c, h, w)
    flat = F.conv2d(flat, kernel[:, :, None, :], padding=(0, radius), groups=n * c)
    return F.conv2d(flat, kernel[:, :, :, None], padding=(radius, 0), groups=n * c).reshape(n, c, h, w)
