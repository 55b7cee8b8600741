"""Differences of deep features: VGG-19's where the user has its weights, otherwise EfficientNet-Lite0's.

References
----------
Simonyan, Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015 (VGG-19).
Chen, Koltun: "Photographic Image Synthesis with Cascaded Refinement Networks", ICCV 2017 (the weights of the taps).
Li et al. (IBCLN), CVPR 2020; Song et al. (CR3Net), IEEE TCSVT 2023; Huang et al. (DURRNet), 2024: taps, scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...plugins.durrnet.hypercolumn import Vgg19
from ...plugins.separation.checkpoints import check_fit, read_checkpoint, tensors
from ...plugins.unveilnet.network import Encoder
from ..pretrained import load_encoder

IBCLN_TAPS = (1 / 2.6, 1 / 4.8)
"""Weights of relu1_1 and relu2_1; IBCLN and CR3Net, without ImageNet's normalisation."""
DURRNET_TAPS = (1 / 2.6, 1 / 4.8, 1 / 3.7, 1 / 5.6, 10 / 1.5)
"""Weights of relu1_1 to relu5_1; DURRNet, with ImageNet's normalisation, and the whole with weight 0.1."""
DURRNET_WEIGHT = 0.1
IBCLN_SCALES = (1.0, 0.8, 0.6)
"""Weights of full, half and quarter size."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, as torchvision normalises."""
_TAPS = (1, 6, 11, 20, 29)
"""Indices of relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1 among VGG-19's features."""


class Perceptual(nn.Module):
    """The weighted mean absolute differences of features; its own weights are frozen.

    Parameters
    ----------
    taps : sequence of float, 1 to 5
        Weight of each tap, from the shallowest: VGG-19's relu1_1, relu2_1, ..., relu5_1.
    weights : Path, optional
        Torchvision's `vgg19-*.pth`, or a file with its `features.<n>.weight` and `.bias`; read as plain tensors.
        Without it the features at strides 2, 4, 8, 16 and 32 of EfficientNet-Lite0 stand in for the taps, with the
        same weights: ours, no published method's.
    normalise : bool
        Whether VGG-19 sees pictures less ImageNet's mean, divided by its deviation. The stand-in always gets what
        it was trained on.

    Raises
    ------
    EnvironmentFailure
        The file cannot be read or is not VGG-19's; without a file, EfficientNet-Lite0's package is not installed.
    """

    def __init__(self, taps: Sequence[float], weights: Path | None = None, normalise: bool = False) -> None:
        super().__init__()
        self.taps = tuple(taps)
        self.features: nn.Module
        if weights is None:
            self.features = _Lite()
        else:
            self.features = _Vgg(load_vgg19(weights), len(self.taps), normalise)
        self.eval().requires_grad_(False)

    def forward(self, picture: Tensor, truth: Tensor) -> Tensor:
        """Return the loss of (N, 3, H, W) display-encoded pictures in about [0, 1]; a scalar."""
        with torch.no_grad():
            goals = self.features(truth)
        made = self.features(picture)
        parts = [w * F.l1_loss(m, g) for w, m, g in zip(self.taps, made, goals, strict=False)]
        return torch.stack(parts).sum()

    def train(self, mode: bool = True) -> Perceptual:
        """Stay in evaluation: statistics of the frozen features never move."""
        return super().train(False)


def multi_scale(loss: Perceptual, pictures: Sequence[Tensor], truth: Tensor) -> Tensor:
    """Return IBCLN's loss of its last iteration: full, half and quarter size with weights 1, 0.8 and 0.6.

    Parameters
    ----------
    loss : Perceptual
        With `IBCLN_TAPS`.
    pictures : up to three of (N, 3, h, w)
        What the network made, the largest first. The truth (N, 3, H, W) is brought to their sizes by averaging.
    """
    parts = [
        weight * loss(picture, F.interpolate(truth, size=picture.shape[-2:], mode="area"))
        for weight, picture in zip(IBCLN_SCALES, pictures, strict=False)
    ]
    return torch.stack(parts).sum()


def load_vgg19(path: Path) -> Vgg19:
    """Return VGG-19's features up to relu5_1 with the weights of a file; `EnvironmentFailure` says what is wrong."""
    network = Vgg19()
    expected = network.state_dict()
    held = tensors(path, read_checkpoint(path))
    network.load_state_dict(check_fit(path, {k: v for k, v in held.items() if k in expected}, expected))
    return network


class _Vgg(nn.Module):
    """The first taps of VGG-19; layers behind the last are left out."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: Vgg19, taps: int, normalise: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(*list(network.features)[: _TAPS[taps - 1] + 1])
        self.normalise = normalise
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None])

    def forward(self, x: Tensor) -> list[Tensor]:
        if self.normalise:
            x = (x - self.mean) / self.deviation
        found = []
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i in _TAPS:
                found.append(x)
        return found


class _Lite(nn.Module):
    """The encoder of `unveilnet` with its ImageNet weights."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        load_encoder(self.encoder)

    def forward(self, x: Tensor) -> list[Tensor]:
        found: list[Tensor] = self.encoder((x * 255 - 127) / 128)  # what it was trained on
        return found
