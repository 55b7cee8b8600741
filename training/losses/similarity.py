"""A mixture of structural similarity at several scales and absolute error.

References
----------
Zhao, Gallo, Frosio, Kautz: "Loss Functions for Image Restoration with Neural Networks", IEEE Transactions on
Computational Imaging 3(1), 2017 (the mixture; scales by the width of the window at full size; alpha 0.84).
Wang, Simoncelli, Bovik: "Multi-scale structural similarity for image quality assessment", Asilomar 2003.
Dong, Xu, Yang, Bao, Xu, Lau: "Location-aware Single Image Reflection Removal", ICCV 2021 (its use).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

ALPHA = 0.84
SIGMAS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Standard deviations of the windows, pixels."""
C1, C2 = 0.01**2, 0.03**2
"""For values in [0, 1]."""


def similarity(picture: Tensor, truth: Tensor, alpha: float = ALPHA) -> Tensor:
    """Return `alpha * (1 - MS-SSIM) + (1 - alpha) * L1`, a scalar; 0 where the two are equal.

    Parameters
    ----------
    picture, truth : (N, C, H, W) float32
        In about [0, 1], of any size.
    alpha : float
        Share of the structural part.

    Notes
    -----
    As in the paper, MS-SSIM is the luminance term of the widest window times the contrast terms of all, and the
    absolute error is averaged by the widest window. The paper evaluates the window's centre alone; here every
    pixel is a centre and the mean is taken. Ours: windows reach three standard deviations, and those that reach
    over the border count only what is inside.
    """
    structure = torch.ones_like(picture)
    for sigma in SIGMAS:
        luminance, contrast = _terms(picture, truth, sigma)
        structure = structure * contrast
    error = window_mean((picture - truth).abs(), SIGMAS[-1])
    return (alpha * (1 - luminance * structure) + (1 - alpha) * error).mean()


def window_mean(x: Tensor, sigma: float) -> Tensor:
    """Return the Gaussian mean about every pixel of (N, C, H, W), of what lies inside the picture."""
    rows, columns = _averages(x.shape[-2], sigma, x), _averages(x.shape[-1], sigma, x)
    return rows @ (x @ columns.mT)


def _averages(size: int, sigma: float, like: Tensor) -> Tensor:
    """Return the (size, size) matrix that averages along an axis; its rows sum to 1."""
    place = torch.arange(size, device=like.device, dtype=like.dtype)
    distance = place[:, None] - place
    weight = torch.exp(-0.5 * (distance / sigma) ** 2) * (distance.abs() <= math.ceil(3 * sigma))
    return weight / weight.sum(1, keepdim=True)


def _terms(x: Tensor, y: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Return SSIM's luminance term and its contrast and structure term for each pixel."""
    mx, my = window_mean(x, sigma), window_mean(y, sigma)
    vx, vy = window_mean(x * x, sigma) - mx * mx, window_mean(y * y, sigma) - my * my
    covariance = window_mean(x * y, sigma) - mx * my
    return (2 * mx * my + C1) / (mx * mx + my * my + C1), (2 * covariance + C2) / (vx + vy + C2)
