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


class Answer(NamedTuple):
    """What a generator gives."""

    image: Tensor
    """(N, 3, H, W), 0 or above."""
    state: State
    """(N, 256, H / 4, W / 4) each."""
    half: Tensor
    """(N, 3, H / 2, W / 2), for the losses."""
    quarter: Tensor
    """(N, 3, H / 4, W / 4), for the losses."""


class Features(NamedTuple):
    """What a generator saw."""

    full: Tensor
    """(N, 64, H, W)"""
    half: Tensor
    """(N, 128, H / 2, W / 2)"""
    quarter: Tensor
    """(N, 256, H / 4, W / 4)"""


class Generator(nn.Module):
    """One of the two generators; 10.8 M parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = conv(9, 64, 5)
        self.conv2 = conv(64, 128, stride=2)
        self.conv3 = conv(128, 128)
        self.conv4 = conv(128, 256, stride=2)
        self.conv5 = conv(256, 256)
        self.conv6 = conv(256, 256)
        self.diconv1 = conv(256, 256, dilation=2)
        self.diconv2 = conv(256, 256, dilation=4)
        self.diconv3 = conv(256, 256, dilation=8)
        self.diconv4 = conv(256, 256, dilation=16)
        self.conv7 = conv(256, 256)
        self.conv_i = conv(512, 256, activation=nn.Sigmoid())
        self.conv_f = conv(512, 256, activation=nn.Sigmoid())
        self.conv_g = conv(512, 256, activation=nn.Tanh())
        self.conv_o = conv(512, 256, activation=nn.Sigmoid())
        self.conv8 = conv(256, 256)
        self.deconv1 = upsample(256, 128)
        self.conv9 = conv(128, 128).append(nn.Dropout(DROPOUT))
        self.deconv2 = upsample(128, 64)
        self.conv10 = conv(64, 32)
        self.outframe1 = conv(256, 3)
        self.outframe2 = conv(128, 3)
        self.output = conv(32, 3)

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
        """Return the image, and what the smaller images are made of: (N, 128, H / 2, W / 2), (N, 256, H / 4, W / 4)."""
        quarter = self.conv8(hidden)
        half = self.conv9(self.deconv1(quarter) + features.half)
        full = self.conv10(self.deconv2(half) + features.full)
        return self.output(full), half, quarter


class Ibcln(nn.Module):
    """Both generators and their cascade. `G_T` gives the transmission, `G_R` the reflection."""

    def __init__(self) -> None:
        super().__init__()
        self.G_T = Generator()
        self.G_R = Generator()

    def cascade(self, picture: Tensor, iterations: int = ITERATIONS) -> Iterator[tuple[Answer, Answer]]:
        """Yield the answers of `G_T` and `G_R`, one pair for each iteration; nothing is clipped.

        Parameters
        ----------
        picture : (N, 3, H, W) float32
            Display-encoded, [0, 1]; H and W are multiples of 4.
        """
        transmission, reflection = picture, torch.full_like(picture, FIRST_REFLECTION)
        t_state = r_state = zero_state(picture)
        for _ in range(iterations):
            t = self.G_T(torch.cat([picture, transmission, reflection], 1), t_state)
            r = self.G_R(torch.cat([picture, t.image, reflection], 1), r_state)
            transmission, t_state, reflection, r_state = t.image, t.state, r.image, r.state
            yield t, r


def zero_state(picture: Tensor) -> State:
    """Return an empty memory for (N, 3, H, W)."""
    number, _, height, width = picture.shape
    zeros = picture.new_zeros(number, 256, height // MULTIPLE, width // MULTIPLE)
    return State(zeros, zeros)
