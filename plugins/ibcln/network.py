"""The network of IBCLN: two generators that take turns, each with a memory.

One predicts the transmission, the other the reflection; each sees the picture and the latest answer of both, and
refines its own with the help of a convolutional LSTM cell at a quarter of the size.

References
----------
Li, Yang, He, Lin, Hopcroft: "Single Image Reflection Removal through Cascaded Refinement", CVPR 2020.
Written from the paper and a description of the release (state-dict keys, layer table, order of the cascade).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..separation.convlstm import State, conv, upsample

MULTIPLE = 4
"""Two convolutions of stride 2."""
ITERATIONS = 3
"""Of the release, in training and test."""
FIRST_REFLECTION = 0.1
"""What the first iteration takes for the reflection."""
DROPOUT = 0.3
WIDTH = 64
"""Channels at full size of the release; twice and four times as many at a half and a quarter of the size."""
VARIANTS = {"": WIDTH, "small": 16}
"""Width of the release, and of a net for a CPU: 1.4 M parameters in both generators."""


class Answer(NamedTuple):
    """What a generator gives."""

    image: Tensor
    """(N, 3, H, W), 0 or above."""
    state: State
    """(N, 4 C, H / 4, W / 4) each, with C the width."""
    half: Tensor
    """(N, 3, H / 2, W / 2), for the losses."""
    quarter: Tensor
    """(N, 3, H / 4, W / 4), for the losses."""


class Features(NamedTuple):
    """What a generator saw."""

    full: Tensor
    """(N, C, H, W), with C the width."""
    half: Tensor
    """(N, 2 C, H / 2, W / 2)"""
    quarter: Tensor
    """(N, 4 C, H / 4, W / 4)"""


class Generator(nn.Module):
    """One of the two generators; 10.8 M parameters at the published width of 64."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        full, half, quarter = width, 2 * width, 4 * width
        self.conv1 = conv(9, full, 5)
        self.conv2 = conv(full, half, stride=2)
        self.conv3 = conv(half, half)
        self.conv4 = conv(half, quarter, stride=2)
        self.conv5 = conv(quarter, quarter)
        self.conv6 = conv(quarter, quarter)
        self.diconv1 = conv(quarter, quarter, dilation=2)
        self.diconv2 = conv(quarter, quarter, dilation=4)
        self.diconv3 = conv(quarter, quarter, dilation=8)
        self.diconv4 = conv(quarter, quarter, dilation=16)
        self.conv7 = conv(quarter, quarter)
        self.conv_i = conv(2 * quarter, quarter, activation=nn.Sigmoid())
        self.conv_f = conv(2 * quarter, quarter, activation=nn.Sigmoid())
        self.conv_g = conv(2 * quarter, quarter, activation=nn.Tanh())
        self.conv_o = conv(2 * quarter, quarter, activation=nn.Sigmoid())
        self.conv8 = conv(quarter, quarter)
        self.deconv1 = upsample(quarter, half)
        self.conv9 = conv(half, half).append(nn.Dropout(DROPOUT))
        self.deconv2 = upsample(half, full)
        self.conv10 = conv(full, full // 2)
        self.outframe1 = conv(quarter, 3)
        self.outframe2 = conv(half, 3)
        self.output = conv(full // 2, 3)

    def forward(self, seen: Tensor, state: State) -> Answer:
        """Look at (N, 9, H, W): picture, transmission, reflection; H and W are multiples of 4."""
        features = self.encode(seen)
        joined = torch.cat([features.quarter, state.hidden], 1)
        cell = self.conv_f(joined) * state.cell + self.conv_i(joined) * self.conv_g(joined)
        hidden = self.conv_o(joined) * torch.tanh(cell)
        image, half, quarter = self.decode(features, hidden)
        return Answer(image, State(hidden, cell), self.outframe2(half), self.outframe1(quarter))

    def encode(self, seen: Tensor) -> Features:
        """Return what the memory and the decoder need of (N, 9, H, W)."""
        full = self.conv1(seen)
        half = self.conv3(self.conv2(full))
        near = self.conv6(self.conv5(self.conv4(half)))
        wide = self.diconv4(self.diconv3(self.diconv2(self.diconv1(near))))
        return Features(full, half, self.conv7(wide))

    def decode(self, features: Features, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the image, and what those at half and a quarter of the size are made of."""
        quarter = self.conv8(hidden)
        half = self.conv9(self.deconv1(quarter) + features.half)
        full = self.conv10(self.deconv2(half) + features.full)
        return self.output(full), half, quarter


class Ibcln(nn.Module):
    """Both generators and their cascade. `G_T` gives the transmission, `G_R` the reflection."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.width = width
        self.G_T = Generator(width)
        self.G_R = Generator(width)

    def cascade(self, picture: Tensor, iterations: int = ITERATIONS) -> Iterator[tuple[Answer, Answer]]:
        """Yield the answers of `G_T` and `G_R`, one pair for each iteration; nothing is clipped.

        Parameters
        ----------
        picture : (N, 3, H, W) float32
            Display-encoded, [0, 1]; H and W are multiples of 4.
        """
        transmission, reflection = picture, torch.full_like(picture, FIRST_REFLECTION)
        t_state = r_state = zero_state(picture, self.width)
        for _ in range(iterations):
            t = self.G_T(torch.cat([picture, transmission, reflection], 1), t_state)
            r = self.G_R(torch.cat([picture, t.image, reflection], 1), r_state)
            transmission, t_state, reflection, r_state = t.image, t.state, r.image, r.state
            yield t, r


def zero_state(picture: Tensor, width: int = WIDTH) -> State:
    """Return an empty memory for (N, 3, H, W)."""
    number, _, height, wide = picture.shape
    zeros = picture.new_zeros(number, 4 * width, height // MULTIPLE, wide // MULTIPLE)
    return State(zeros, zeros)


def make_network(variant: str) -> Ibcln:
    """Return the net of a variant with random weights."""
    return Ibcln(VARIANTS[variant])
