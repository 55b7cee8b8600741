"""Measures of likeness between pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .tone.curves import decode_curve, encode_curve


def psnr(picture: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in dB for values in [0, 1], over all pixels and channels; inf if equal."""
    error = ((picture.double() - truth.double()) ** 2).mean()
    return float(-10 * torch.log10(error))


def ssim(picture: Tensor, truth: Tensor) -> float:
    """Structural similarity of (3, H, W) pictures in [0, 1], mean over channels.

    Gaussian window of 11 pixels with a standard deviation of 1.5, K1 = 0.01, K2 = 0.03, at the places where the
    window fits wholly inside.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli: "Image quality assessment: from error visibility to structural similarity",
    IEEE TIP 13(4), 2004.
    """
    if min(picture.shape[-2:]) < 11:
        raise ValueError(f"SSIM needs pictures of at least 11 x 11 pixels, got {tuple(picture.shape)}")
    x, y = picture.double()[:, None], truth.double()[:, None]
    kernel = torch.exp(-0.5 * (torch.arange(-5, 6, dtype=torch.float64) / 1.5) ** 2)
    kernel = (kernel / kernel.sum()).to(x.device)

    def mean(z: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(z, kernel.reshape(1, 1, 1, 11)), kernel.reshape(1, 1, 11, 1))

    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    score = (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(score.mean())


def best_exposure(picture: Tensor, truth: Tensor, steps: int = 61) -> Tensor:
    """Return a display-encoded picture re-exposed by the one linear factor that serves PSNR best.

    The factor is searched between -2 and +2 EV; it shows how much of an error is brightness alone.
    """
    linear = decode_curve(picture, "srgb")

    def exposed(ev: float) -> Tensor:
        return encode_curve(linear * 2.0**ev, "srgb").clamp(0, 1)

    coarse = max(torch.linspace(-2, 2, steps).tolist(), key=lambda ev: psnr(exposed(ev), truth))
    return exposed(coarse)
