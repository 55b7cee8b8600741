"""Two layers of one photograph should not have their edges at the same places.

References
----------
Zhang, Ng, Chen: "Single Image Reflection Separation with Perceptual Losses", CVPR 2018 (the loss).
Huang, Liu, Xia, Wang, Dragotti: "DURRNet: Deep Unfolded Single Image Reflection Removal Network with Joint
Prior", ICASSP 2024 (these details; with weight 0.01).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LEVELS = 3
EXCLUSION_WEIGHT = 0.01
_SMALL = 1e-6


def exclusion(transmission: Tensor, reflection: Tensor, levels: int = LEVELS) -> Tensor:
    """Return how much the edges of two layers (N, C, H, W) coincide; a scalar, about 0.03 where one is flat.

    At each level and in each direction: forward differences, those of the reflection scaled to twice the strength
    of the transmission's, squashed by 2 sigmoid(x) - 1, and the fourth root of the mean product of their squares;
    the mean over levels and directions. Each picture is scaled by itself (the release has batches of one). Sides
    are at least 2^levels pixels.
    """
    total = transmission.new_zeros(transmission.shape[0])
    for level in range(levels):
        if level:
            transmission, reflection = _half(transmission), _half(reflection)
        for axis in (-1, -2):
            total = total + _coincidence(torch.diff(transmission, dim=axis), torch.diff(reflection, dim=axis))
    return total.mean() / (2 * levels)


def _coincidence(first: Tensor, second: Tensor) -> Tensor:
    places = (1, 2, 3)
    strength = 2 * first.abs().mean(places, keepdim=True) / (second.abs().mean(places, keepdim=True) + _SMALL)
    product = _squash(first) ** 2 * _squash(strength * second) ** 2
    return (product.mean(places) + _SMALL) ** 0.25


def _squash(x: Tensor) -> Tensor:
    return 2 * torch.sigmoid(x) - 1


def _half(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
