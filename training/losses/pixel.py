"""Differences of pixels: Charbonnier, plain and of edges, and what PSNR counts.

References
----------
Charbonnier, Blanc-Feraud, Aubert, Barlaud: "Two deterministic half-quadratic regularization algorithms for
computed imaging", ICIP 1994.
Burt, Adelson: "The Laplacian Pyramid as a Compact Image Code", IEEE Transactions on Communications 31(4), 1983
(the kernel).
Mou, Wang, Zhang: "Deep Generalized Unfolding Networks for Image Restoration", CVPR 2022 (DGUNet: both, the edges
with weight 0.05).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

EPSILON_SQUARED = 1e-6
"""The release's epsilon is 1e-3."""
NOISE_FLOOR = 1e-4
"""Squared error below which nothing more is asked: 40 dB."""
EDGE_WEIGHT = 0.05
_KERNEL = (0.05, 0.25, 0.4, 0.25, 0.05)


def charbonnier(picture: Tensor, truth: Tensor) -> Tensor:
    """Return the mean of sqrt(difference^2 + 1e-6), a scalar: 1e-3 where the two are equal."""
    return ((picture - truth) ** 2 + EPSILON_SQUARED).sqrt().mean()


def laplacian_edge(picture: Tensor, truth: Tensor) -> Tensor:
    """Return `charbonnier` between what a Burt-Adelson reduction and expansion loses of (N, C, H, W) pictures."""
    residual = _residual(picture - truth)  # linear, so one residual tells the difference of the two
    return charbonnier(residual, torch.zeros_like(residual))


def _residual(x: Tensor) -> Tensor:
    """Return x - G(up(G(x))); `up` keeps even rows and columns, times 4, and sets the others to 0."""
    smooth = _smooth(x)
    kept = torch.zeros_like(smooth)
    kept[..., ::2, ::2] = smooth[..., ::2, ::2] * 4
    return x - _smooth(kept)


def _smooth(x: Tensor) -> Tensor:
    channels = x.shape[1]
    kernel = x.new_tensor(_KERNEL).expand(channels, 1, 1, 5)
    x = F.pad(x, (2, 2, 2, 2), mode="replicate")
    return F.conv2d(F.conv2d(x, kernel, groups=channels), kernel.mT, groups=channels)


def log_error(picture: Tensor, truth: Tensor) -> Tensor:
    """Return the mean over the pictures of the logarithm of their squared errors; a scalar, 0 at an error of 1.

    PSNR but for its factor: 10 dB are 2.3 of it. A picture that is nearly right counts as much as one that is far off.

    Parameters
    ----------
    picture, truth : (N, C, H, W) float32
    """
    squared = ((picture - truth) ** 2).mean((1, 2, 3))
    return torch.log(squared + NOISE_FLOOR).mean()
