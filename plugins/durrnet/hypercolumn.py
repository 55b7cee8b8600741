"""Deep features of a picture (a VGG19 hypercolumn), seen through 1 x 1 convolutions without ever being built.

The published network resizes five feature maps to the picture's size, joins them to 1475 channels, halves them for
the coarser scales and begins each scale with a 1 x 1 convolution. Resizing, halving and a 1 x 1 convolution are
linear and act on different axes, so they commute: here the convolution comes first, at the features' own
size, and each axis is then resized by one small matrix. Same numbers up to rounding, a small part of the memory.

References
----------
Simonyan, Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015 (VGG19).
Hariharan, Arbelaez, Girshick, Malik: "Hypercolumns for Object Segmentation", CVPR 2015.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (64, 128, 256, 512, 512)
"""Channels of the five taps: relu1_1, relu2_1, relu3_1, relu4_1, relu5_1."""
_TAPS = frozenset((1, 6, 11, 20, 29))
_GROUPS = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,))


class Vgg19(nn.Module):
    """VGG19's features up to relu5_1, with torchvision's names (`features.0.weight`, ...)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for group in _GROUPS:
            if layers:
                layers.append(nn.MaxPool2d(2))
            for outputs in group:
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(True)]
                inputs = outputs
        self.features = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return the five taps of (N, 3, H, W) pictures in [0, 1], each at its own size.

        The pictures are taken as they are: DURRNet does not subtract ImageNet's mean here.
        """
        taps = []
        for i, layer in enumerate(self.features):
            image = layer(image)
            if i in _TAPS:
                taps.append(image)
        return tuple(taps)


def project(taps: Sequence[Tensor], weight: Tensor, size: tuple[int, int], halvings: int) -> Tensor:
    """Apply a 1 x 1 convolution to the hypercolumn of a picture, at the picture's size halved some times.

    Parameters
    ----------
    taps : (N, C_i, h_i, w_i) each
        Feature maps.
    weight : (outputs, sum of C_i, 1, 1)
        The convolution's weight for all taps joined.
    size : (H, W)
        The picture's size, to which the taps are resized bilinearly.
    halvings : int
        How often the result is halved by averaging; an odd last row or column is dropped each time.

    Returns
    -------
    (N, outputs, H // 2**halvings, W // 2**halvings)
    """
    parts = torch.split(weight, [tap.shape[1] for tap in taps], 1)
    mixed = [_resize(F.conv2d(tap, part), size, halvings) for tap, part in zip(taps, parts, strict=True)]
    return torch.stack(mixed).sum(0)


def _resize(x: Tensor, size: tuple[int, int], halvings: int) -> Tensor:
    """Resize bilinearly to `size`, then halve, as one matrix for each axis."""
    if halvings == 0 and x.shape[-2:] == size:
        return x
    rows = _axis(x.shape[-2], size[0], halvings, x)
    columns = _axis(x.shape[-1], size[1], halvings, x)
    return rows.T @ (x.contiguous() @ columns)


def _axis(inputs: int, outputs: int, halvings: int, like: Tensor) -> Tensor:
    """Return the (inputs, outputs // 2**halvings) matrix of a linear resize and its halvings."""
    matrix = torch.eye(inputs, device=like.device)[None]
    matrix = F.interpolate(matrix, size=outputs, mode="linear", align_corners=False)
    for _ in range(halvings):
        matrix = F.avg_pool1d(matrix, 2)
    return matrix[0].to(like.dtype)
