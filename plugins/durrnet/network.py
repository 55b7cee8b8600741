"""The network of DURRNet: 4 scales from coarse to fine, 2 unfolded iterations each, no weight shared.

The mixture is explained as transmission + reflection, each with a sparse code. State-dict names, shapes and order
are those of the published checkpoints.

References
----------
Huang, Liu, Xia, Wang, Dragotti: "DURRNet: Deep Unfolded Single Image Reflection Removal Network with Joint
Prior", ICASSP 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import CODES, IMAGE, Unfolding, conv3
from .hypercolumn import CHANNELS, Vgg19, project

SCALES = 4
_BLOCKS = 2
VARIANTS = {"hyper": CODES, "plain": CODES, "small": 20}
"""Channels of the codes: as published, and of a plain net for a CPU with 1.3 M parameters."""
SMALLEST = 2**SCALES
"""Pixels of the shorter side at least: the coarsest scale still has a Haar cell."""


class Answer(NamedTuple):
    """What the network gives; nothing is clamped."""

    transmission: Tensor
    """(N, 3, H, W)."""
    reflection: Tensor
    """(N, 3, H, W)."""
    transmission_code: Tensor
    """(N, 3, H, W) the transmission's code through its dictionary; the training supervises it."""
    reflection_code: Tensor
    """(N, 3, H, W) likewise."""


class CodeStart(nn.Module):
    """First code of a layer at one scale, from the picture and, in the hyper variant, its deep features."""

    def __init__(self, inputs: int, codes: int = CODES) -> None:
        super().__init__()
        self.DCNet = nn.Sequential(
            nn.Conv2d(inputs, codes, 1), nn.ReLU(True), conv3(codes, codes), nn.ReLU(True),
            conv3(codes, codes), nn.ReLU(True), conv3(codes, codes),
        )  # fmt: skip

    def forward(self, image: Tensor, taps: Sequence[Tensor], size: tuple[int, int], halvings: int) -> Tensor:
        """Return (N, C, h, w) for a picture (N, 3, h, w) that stood at `size` before its halvings."""
        mix = self.DCNet[0]
        assert isinstance(mix, nn.Conv2d)
        y = F.conv2d(image, mix.weight[:, :IMAGE], mix.bias)
        if taps:
            y = y + project(taps, mix.weight[:, IMAGE:], size, halvings)
        code: Tensor = self.DCNet[1:](y)
        return code


class Unfolded(nn.Module):
    """The trained net: 12.1 M parameters where it takes the VGG19 taps of its input (`hyper`), 11.3 M without."""

    def __init__(self, hyper: bool, codes: int = CODES) -> None:
        super().__init__()
        inputs = IMAGE + (sum(CHANNELS) if hyper else 0)
        self.DUSepNet = nn.ModuleList(Unfolding(codes) for _ in range(SCALES * _BLOCKS))
        self.FEzT = nn.ModuleList(CodeStart(inputs, codes) for _ in range(SCALES))
        self.FEzR = nn.ModuleList(CodeStart(inputs, codes) for _ in range(SCALES))
        self.zT1x1 = nn.ModuleList(_merge(codes) for _ in range(SCALES - 1))
        self.zR1x1 = nn.ModuleList(_merge(codes) for _ in range(SCALES - 1))

    def forward(self, image: Tensor, taps: Sequence[Tensor] = ()) -> Answer:
        """Separate mixtures.

        Parameters
        ----------
        image : (N, 3, H, W) float32
            sRGB-encoded, [0, 1]; both sides 16 at least. The published sizes are multiples of 16.
        taps : (N, C_i, h_i, w_i) each
            What `Vgg19` gives for `image` (hyper), or nothing (plain).
        """
        return self.trace(image, taps)[0]

    def trace(self, image: Tensor, taps: Sequence[Tensor] = ()) -> tuple[Answer, list[tuple[Tensor, Tensor]]]:
        """Return the answer of `forward`, and transmission and reflection after each of the eight blocks."""
        size = (image.shape[-2], image.shape[-1])
        pyramid = [image]
        for _ in range(SCALES - 1):
            pyramid.insert(0, F.avg_pool2d(pyramid[0], 2))
        front = back = 0.5 * pyramid[0]
        code_f = code_b = torch.empty(0)
        steps: list[tuple[Tensor, Tensor]] = []
        for scale, x in enumerate(pyramid):
            seen = (x, taps, size, SCALES - 1 - scale)
            start_f, start_b = self.FEzT[scale](*seen), self.FEzR[scale](*seen)
            if scale:
                front, back, code_f, code_b = (_grow(t, x) for t in (front, back, code_f, code_b))
                start_f = self.zT1x1[scale - 1](torch.cat((code_f, start_f), 1))
                start_b = self.zR1x1[scale - 1](torch.cat((code_b, start_b), 1))
            code_f, code_b = start_f, start_b
            for block in self.DUSepNet[scale * _BLOCKS : (scale + 1) * _BLOCKS]:
                front, back, code_f, code_b = block(x, front, back, code_f, code_b)
                steps.append((front, back))
        last = self.DUSepNet[-1]
        assert isinstance(last, Unfolding)
        return Answer(front, back, last.convDf(code_f), last.convDb(code_b)), steps


class DurrNet(nn.Module):
    """DURRNet as it is run: the trained net and, in the hyper variant, the frozen VGG19 in front of it."""

    def __init__(self, hyper: bool, codes: int = CODES) -> None:
        super().__init__()
        self.net = Unfolded(hyper, codes)
        self.vgg = Vgg19() if hyper else None

    def forward(self, image: Tensor) -> Answer:
        """Separate (N, 3, H, W) float32 mixtures, sRGB-encoded, [0, 1]; both sides 16 at least."""
        answer: Answer = self.net(image, self.vgg(image) if self.vgg is not None else ())
        return answer


def make_network(variant: str) -> DurrNet:
    """Return the net of a variant with random weights."""
    return DurrNet(variant == "hyper", VARIANTS[variant])


def _merge(codes: int) -> nn.Conv2d:
    return nn.Conv2d(2 * codes, codes, 1, bias=False)


def _grow(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
