"""How published networks start."""

from __future__ import annotations

import math
from collections.abc import Iterable

from torch import nn

DEVIATION = 0.02
"""Of IBCLN's and CR3Net's releases, whose layers have 64 channels and more."""
WIDTH = 64
ALIVE = 0.3
"""Of display values: a grey that no layer starts below."""


def start_normal(network: nn.Module, width: int) -> None:
    """Draw the weights of all convolutions from normal(0, 0.02), biases 0, as published.

    For a width other than 64 the deviation is 0.02 * sqrt(64 / width), so that signals keep their strength: ours.
    """
    deviation = DEVIATION * math.sqrt(WIDTH / width)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0, deviation)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def start_alive(outputs: Iterable[nn.Module]) -> None:
    """Let layers that end in a ReLU start at grey.

    Ours: the releases start at 0, where a colour that happens to begin below 0 everywhere never gets a gradient.
    """
    for output in outputs:
        for module in output.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.constant_(module.bias, ALIVE)
