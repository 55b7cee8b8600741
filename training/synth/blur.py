"""Blurs of a batch, each picture its own: Gaussian, disc and straight motion."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def blur(pictures: Tensor, sigma: Tensor) -> Tensor:
    """Blur each picture of a batch by a Gaussian of its own.

    Parameters
    ----------
    pictures : (N, C, H, W) float32
    sigma : (N,) float32
        Standard deviations in pixels. Above 4 the blur runs at a quarter of the size.

    Returns
    -------
    (N, C, H, W) float32
    """
    fine = _separable(pictures, sigma.clamp(max=4.0), radius=10)
    if bool((sigma <= 4).all()):
        return fine
    small = F.interpolate(pictures, scale_factor=0.25, mode="area")
    wide = _separable(small, (sigma / 4).clamp(min=0.5), radius=min(24, min(small.shape[-2:]) - 1))
    wide = F.interpolate(wide, size=pictures.shape[-2:], mode="bicubic", align_corners=False).clamp(min=0)
    return torch.where(sigma[:, None, None, None] > 4, wide, fine)


def _separable(pictures: Tensor, sigma: Tensor, radius: int) -> Tensor:
    n, c, h, w = pictures.shape
    x = torch.arange(-radius, radius + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-0.5 * (x / sigma[:, None].clamp(min=0.05)) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(c, 0)[:, None]
    flat = F.pad(pictures.reshape(1, n * c, h, w), (radius, radius, 0, 0), mode="reflect")
    flat = F.conv2d(flat, kernel[:, :, None, :], groups=n * c)
    flat = F.conv2d(F.pad(flat, (0, 0, radius, radius), mode="reflect"), kernel[:, :, :, None], groups=n * c)
    return flat.reshape(n, c, h, w)


def disc(radius: Tensor, reach: int) -> Tensor:
    """Return what a lens out of focus makes of a point.

    Parameters
    ----------
    radius : (N,) float32
        Pixels; up to 0.5 it stays a point. A Gaussian of standard deviation radius / 2 spreads as much.
    reach : int
        Of the kernel to each side; must hold the widest disc.

    Returns
    -------
    (N, 2 * reach + 1, 2 * reach + 1) float32
        Each sums to 1; its border is smooth over a pixel.
    """
    x = torch.arange(-reach, reach + 1, device=radius.device, dtype=radius.dtype)
    away = (x[:, None] ** 2 + x**2).sqrt()
    kernel = (radius[:, None, None].clamp(min=0.5) + 0.5 - away).clamp(0, 1)
    return kernel / kernel.sum((1, 2), keepdim=True)


def line(length: Tensor, angle: Tensor, reach: int) -> Tensor:
    """Return what straight, even motion makes of a point.

    `length` (N,) float32, pixels from end to end, 0 is a point; `angle` (N,), radians; `reach` and the result as in
    `disc`.
    """
    x = torch.arange(-reach, reach + 1, device=length.device, dtype=length.dtype)
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    along = cosine * x + sine * x[:, None]
    across = cosine * x[:, None] - sine * x
    beyond = (along.abs() - length[:, None, None] / 2).clamp(min=0)
    kernel = (1 - (beyond**2 + across**2).sqrt()).clamp(min=0)
    return kernel / kernel.sum((1, 2), keepdim=True)


def convolve(pictures: Tensor, kernels: Tensor) -> Tensor:
    """Convolve each picture with its kernel; borders are mirrored, negative ringing of the transform is cut.

    Parameters
    ----------
    pictures : (N, C, H, W) float32
        At least 0.
    kernels : (N, K, K) float32
        K is odd and below twice each side.

    Returns
    -------
    (N, C, H, W) float32
    """
    height, width = pictures.shape[-2:]
    reach = kernels.shape[-1] // 2
    padded = F.pad(pictures, (reach,) * 4, mode="reflect")
    size = [side + 2 * reach for side in padded.shape[-2:]]
    spectrum = torch.fft.rfft2(padded, s=size) * torch.fft.rfft2(kernels, s=size)[:, None]
    full: Tensor = torch.fft.irfft2(spectrum, s=size)
    return full[..., 2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width].clamp(min=0)
