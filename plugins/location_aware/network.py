"""The network of Location-aware SIRR: find where the reflection is, then what is behind it, three times.

The first stage looks at full size, with a Laplacian pyramid beside the picture, and gives a map of where there is
reflection, and the reflection itself by way of a convolutional LSTM cell. The second stage removes it.

References
----------
Dong, Xu, Yang, Bao, Xu, Lau: "Location-aware Single Image Reflection Removal", ICCV 2021 (arXiv 2012.07131).
Written from the paper and a description of the release (state-dict keys, layer table, order of the cascade).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..separation.convlstm import State, conv, upsample
from .blocks import AttentionBlock, Pyramid, SqueezeBlock

MULTIPLE = 8
"""The smallest level of the pyramid is at an eighth of the size."""
ITERATIONS = 3
"""Of the release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """The sizes of a variant."""

    detect: int
    """Channels of the first stage; its memory has twice as many."""
    remove: int
    """Channels of the second stage at full size; twice and four times as many at a half and a quarter of it."""


PUBLISHED = Widths(detect=32, remove=64)
VARIANTS = {"": PUBLISHED, "small": Widths(detect=12, remove=16)}
"""Sizes of the release, and of a net for a CPU: 0.7 M parameters."""


class Answer(NamedTuple):
    """What one iteration gives."""

    state: State
    """(N, C, H, W) each, with C twice the width of the first stage."""
    confidence: Tensor
    """(N, 1, H, W) in (0, 1): where there is reflection."""
    reflection: Tensor
    """(N, 3, H, W), 0 or above."""
    quarter: Tensor
    """(N, 3, H / 4, W / 4) transmission, for the losses."""
    half: Tensor
    """(N, 3, H / 2, W / 2) transmission, for the losses."""
    transmission: Tensor
    """(N, 3, H, W), 0 or above."""


class LocationAware(nn.Module):
    """One iteration of the network; 10.9 M parameters in the published sizes."""

    def __init__(self, widths: Widths = PUBLISHED) -> None:
        super().__init__()
        self.widths = widths
        self._add_first_stage(widths.detect)
        self._add_second_stage(widths.remove)

    def _add_first_stage(self, n: int) -> None:
        self.lap_pyramid = Pyramid(6)
        self.det_conv0 = conv(6, n)
        self.det_conv1 = SqueezeBlock(n, nn.ReLU())
        self.det_conv2 = SqueezeBlock(n, nn.ReLU())
        self.det_conv3 = SqueezeBlock(n, nn.ReLU())
        self.det_conv4 = SqueezeBlock(n, nn.ReLU())
        self.det_conv4_1 = SqueezeBlock(n, nn.ReLU())
        self.det_conv4_2 = SqueezeBlock(n, nn.ReLU())
        self.det_conv5 = conv(24, n, activation=nn.PReLU())
        self.det_conv6 = SqueezeBlock(n, nn.PReLU())
        self.det_conv7 = SqueezeBlock(n, nn.PReLU())
        self.det_conv8 = SqueezeBlock(n, nn.PReLU())
        self.det_conv9 = SqueezeBlock(n, nn.PReLU())
        self.det_conv10 = SqueezeBlock(n, nn.PReLU())
        self.det_conv11 = SqueezeBlock(n, nn.PReLU())
        self.p_relu = nn.PReLU()
        self.det_conv_mask0 = nn.Sequential(*conv(n, n), *conv(n, 1, activation=nn.Sigmoid()))
        self.conv_i = conv(4 * n, 2 * n, activation=nn.Sigmoid())
        self.conv_f = conv(4 * n, 2 * n, activation=nn.Sigmoid())
        self.conv_g = conv(4 * n, 2 * n, activation=nn.Tanh())
        self.conv_o = conv(4 * n, 2 * n, activation=nn.Sigmoid())
        self.det_conv_mask1 = nn.Sequential(*conv(2 * n, n), *conv(n, 3))

    def _add_second_stage(self, n: int) -> None:
        self.conv1 = conv(10, n, 5)
        self.conv2 = conv(n, 2 * n, stride=2)
        self.conv3 = conv(2 * n, 2 * n)
        self.conv4 = conv(2 * n, 4 * n, stride=2)
        self.conv5 = conv(4 * n, 4 * n)
        self.conv6 = conv(4 * n, 4 * n)
        self.diconv1 = conv(4 * n, 4 * n, dilation=2)
        self.diconv2 = conv(4 * n, 4 * n, dilation=4)
        self.diconv3 = conv(4 * n, 4 * n, dilation=8)
        self.diconv4 = conv(4 * n, 4 * n, dilation=16)
        self.conv7 = conv(4 * n, 4 * n)
        self.conv8 = conv(4 * n, 4 * n)
        self.deconv1 = upsample(4 * n, 2 * n)
        self.conv9 = conv(2 * n, 2 * n)
        self.deconv2 = upsample(2 * n, n)
        self.conv10 = conv(n, n // 2)
        self.outframe1 = conv(4 * n, 3)
        self.outframe2 = conv(2 * n, 3)
        self.output = conv(n // 2, 3)
        self.cbam_block0 = AttentionBlock(n, 2)
        self.cbam_block1 = AttentionBlock(2 * n, 4)
        self.cbam_block2 = AttentionBlock(2 * n, 4)
        self.cbam_block3 = AttentionBlock(4 * n, 8)
        self.cbam_block4 = AttentionBlock(4 * n, 8)
        self.cbam_block5 = AttentionBlock(4 * n, 8)

    def forward(self, picture: Tensor, transmission: Tensor, state: State) -> Answer:
        """Look at the picture and the latest transmission, (N, 3, H, W) each; H and W are multiples of 8."""
        features, confidence = self.detect(torch.cat([picture, transmission], 1))
        joined = torch.cat([features, state.hidden], 1)
        # The order of the calls is that of the release; it does not change the answer.
        enter, forget = self.conv_i(joined), self.conv_f(joined)
        cell = forget * state.cell + enter * self.conv_g(joined)
        hidden = self.conv_o(joined) * torch.tanh(cell)
        reflection = self.det_conv_mask1(hidden)
        image, half, quarter = self.remove(torch.cat([picture, transmission, reflection, confidence], 1))
        smaller = self.outframe1(quarter), self.outframe2(half)
        return Answer(State(hidden, cell), confidence, reflection, *smaller, image)

    def detect(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return features for the memory (N, C, H, W) and the confidence map of (N, 6, H, W)."""
        detail = self._activate(self.lap_pyramid(seen))
        x = self.det_conv0(seen)
        for block in (self.det_conv1, self.det_conv2, self.det_conv3):
            x = F.relu_(block(x))
        for block in (self.det_conv4, self.det_conv4_1, self.det_conv4_2):
            x = F.relu_(block(x))
        confidence: Tensor = self.det_conv_mask0(detail)
        for block in (self.det_conv9, self.det_conv10, self.det_conv11):
            detail = self.p_relu(block(detail))
        return torch.cat([x, (1 - confidence) * detail], 1), confidence

    def _activate(self, pyramid: Tensor) -> Tensor:
        detail: Tensor = self.det_conv5(pyramid)
        for block in (self.det_conv6, self.det_conv7, self.det_conv8):
            detail = self.p_relu(block(detail))
        return detail

    def remove(self, seen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the transmission, and what those at half and a quarter of the size are made of, of (N, 10, H, W)."""
        full = self.cbam_block0(self.conv1(seen))
        half = self.cbam_block2(self.cbam_block1(self.conv3(self.conv2(full))))
        near = self.conv6(self.conv5(self.conv4(half)))
        near = self.cbam_block5(self.cbam_block4(self.cbam_block3(near)))
        wide = self.diconv4(self.diconv3(self.diconv2(self.diconv1(near))))
        quarter = self.conv8(self.conv7(wide))
        half = self.conv9(self.deconv1(quarter) + half)
        full = self.conv10(self.deconv2(half) + full)
        return self.output(full), half, quarter

    def cascade(self, picture: Tensor, iterations: int = ITERATIONS) -> Iterator[Answer]:
        """Yield the answer of each iteration; nothing is clipped.

        Parameters
        ----------
        picture : (N, 3, H, W) float32
            Display-encoded, [0, 1]; H and W are multiples of 8.
        """
        number, _, height, width = picture.shape
        zeros = picture.new_zeros(number, 2 * self.widths.detect, height, width)
        transmission, state = picture, State(zeros, zeros)
        for _ in range(iterations):
            answer = self(picture, transmission, state)
            transmission, state = answer.transmission, answer.state
            yield answer


def make_network(variant: str) -> LocationAware:
    """Return the net of a variant with random weights."""
    return LocationAware(VARIANTS[variant])
