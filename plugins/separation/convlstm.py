"""Layers that the recurrent methods share: convolution blocks, smoothed upsampling, the convolutional LSTM cell.

References
----------
Shi, Chen, Wang, Yeung, Wong, Woo: "Convolutional LSTM Network", NeurIPS 2015 (the cell, without peepholes here).
Li, Yang, He, Lin, Hopcroft: "Single Image Reflection Removal through Cascaded Refinement", CVPR 2020 (its use).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class State(NamedTuple):
    """What a cell remembers from one iteration to the next, both (N, C, H, W)."""

    hidden: Tensor
    cell: Tensor


def conv(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    *,
    stride: int = 1,
    dilation: int = 1,
    activation: nn.Module | None = None,
) -> nn.Sequential:
    """Return a zero-padded convolution with bias that keeps the size (divided by `stride`), then `activation`.

    The convolution is item 0; the activation is ReLU where none is given.
    """
    padding = dilation * (kernel // 2)
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation)
    return nn.Sequential(layer, nn.ReLU() if activation is None else activation)


def upsample(inputs: int, outputs: int) -> nn.Sequential:
    """Return a transposed convolution to twice the size, a 2 x 2 mean against its checkerboard, and ReLU."""
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, 2, 1),
        nn.ReflectionPad2d((1, 0, 1, 0)),
        nn.AvgPool2d(2, 1),
        nn.ReLU(),
    )


class Gates:
    """The four gates of a cell as one convolution, with nothing spent on a state that is still zero.

    Takes over the memory of the four convolutions: their weights become views of the joined ones, so that the
    network holds them once.

    Parameters
    ----------
    enter, forget, candidate, leave : Sequential
        The gates (often written i, f, g, o) as `conv` makes them, of features and hidden state, features first; on
        their device, in their memory format.
    """

    def __init__(
        self, enter: nn.Sequential, forget: nn.Sequential, candidate: nn.Sequential, leave: nn.Sequential
    ) -> None:
        gates = [_layer(gate) for gate in (enter, candidate, leave, forget)]
        self.channels = gates[0].out_channels
        self.features = gates[0].in_channels - self.channels
        self.weight = torch.cat([gate.weight.detach() for gate in gates])
        self.bias = torch.cat([gate.bias.detach() for gate in gates if gate.bias is not None])
        for gate, weight in zip(gates, self.weight.chunk(4), strict=True):
            gate.weight = nn.Parameter(weight, requires_grad=False)

    def start(self, features: Tensor) -> State:
        """Return the state after the first iteration: hidden state and cell were zero.

        Zeros add nothing to a convolution, so it runs over the features alone; and nothing is there to forget.
        """
        used = 3 * self.channels
        weight = self.weight[:used, : self.features]
        enter, candidate, leave = F.conv2d(features, weight, self.bias[:used], padding=1).chunk(3, 1)
        cell = enter.sigmoid_() * candidate.tanh_()
        return State(leave.sigmoid_() * cell.tanh(), cell)

    def step(self, features: Tensor, state: State) -> State:
        """Return the state after one more iteration. The memory of `state.cell` is used again."""
        joined = torch.cat([features, state.hidden], 1)
        enter, candidate, leave, forget = F.conv2d(joined, self.weight, self.bias, padding=1).chunk(4, 1)
        cell = state.cell.mul_(forget.sigmoid_()).addcmul_(enter.sigmoid_(), candidate.tanh_())
        return State(leave.sigmoid_() * cell.tanh(), cell)


def _layer(gate: nn.Sequential) -> nn.Conv2d:
    layer = gate[0]
    assert isinstance(layer, nn.Conv2d)
    return layer
