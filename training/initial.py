"""How published networks start."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import torch
from torch import nn

DEVIATION = 0.02
"""Of IBCLN's and CR3Net's releases."""
WIDTH = 64
"""Channels of the first layers of those."""
COLOURS = 3
FAINT = 0.03
"""What is left of random weights at an output: these nets see their own answers, which must not grow."""
ALIVE = 0.3
"""Of display values: a grey that no layer starts below."""


def start_normal(network: nn.Module, width: int) -> None:
    """Draw the weights of all convolutions from normal(0, 0.02), biases 0, as published.

    For a width other than 64 the deviation is 0.02 * sqrt(64 / width), so that signals keep their strength: ours.
    """
    for module in _convolutions(network):
        _draw(module, DEVIATION * math.sqrt(WIDTH / width))


def start_strong(network: nn.Module) -> None:
    """Draw the weights of all convolutions so that signals keep their strength through ReLUs; biases 0.

    With torch's own, hardly anything of a picture comes through the deep layers of a narrow net, and they do not learn.

    References
    ----------
    He, Zhang, Ren, Sun: "Delving Deep into Rectifiers", ICCV 2015.
    """
    for module in _convolutions(network):
        seen = math.prod(module.kernel_size) * module.in_channels // module.groups
        if isinstance(module, nn.ConvTranspose2d):
            seen //= math.prod(module.stride)
        _draw(module, math.sqrt(2 / seen))


def start_even(layers: Mapping[nn.Sequential, float], run: Callable[[], object]) -> None:
    """Scale the weights of layers, one after the other, until what their convolutions give deviates as asked.

    Gates that see too much are shut or wide open for good and hardly learn; those that see too little make what comes
    before them grow until they are.

    Parameters
    ----------
    layers : mapping of Sequential to float
        Each beginning with a convolution, in the order in which they run; the standard deviation that it shall have.
    run : callable
        Sends a picture through the network; the first call of each layer counts.

    References
    ----------
    Mishkin, Matas: "All you need is a good init", ICLR 2016.
    """
    for block, deviation in layers.items():
        layer = _layer(block)
        given: list[float] = []
        watch = layer.register_forward_hook(lambda _, __, x, given=given: given.append(float(x.std())))
        with torch.no_grad(), watch:
            run()
            layer.weight *= deviation / given[0]


def start_open(gates: Iterable[nn.Sequential]) -> None:
    """Let gates, each beginning with a convolution, pass on most of what they see: biases 1."""
    for gate in gates:
        bias = _layer(gate).bias
        assert bias is not None
        nn.init.ones_(bias)


def _convolutions(network: nn.Module) -> Iterator[nn.Conv2d | nn.ConvTranspose2d]:
    return (m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d))


def _draw(module: nn.Conv2d | nn.ConvTranspose2d, deviation: float) -> None:
    nn.init.normal_(module.weight, 0, deviation)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def start_alive(outputs: Iterable[nn.Module]) -> None:
    """Let layers that end in a ReLU start at grey, from which what they see hardly differs yet.

    Ours: the releases start at 0, where a colour that happens to begin below 0 everywhere never gets a gradient.
    """
    for output in outputs:
        for module in output.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                with torch.no_grad():
                    module.weight *= FAINT
                nn.init.constant_(module.bias, ALIVE)


def start_through(enter: nn.Sequential, add: nn.Sequential, leave: Iterable[nn.Sequential]) -> None:
    """Let a net that paints the whole picture start by passing on the one that it is given.

    Ours: from random weights a small net spends its training on learning to copy.

    Parameters
    ----------
    enter : Sequential
        Begins with a convolution that sees the picture in its first three channels; its first three outputs become a
        copy of them.
    add : Sequential
        Begins with the transposed convolution whose outputs are added to those of `enter`; nothing is, to the copy.
    leave : iterable of Sequential
        What follows to the end, each beginning with a convolution: the copy is passed on, other channels hardly count.
    """
    with torch.no_grad():
        first, added = _layer(enter), _layer(add)
        first.weight[:COLOURS] = 0
        _copy(first)
        added.weight[:, :COLOURS] = 0
        _silence(added)
        for block in leave:
            layer = _layer(block)
            layer.weight[:COLOURS] *= FAINT
            _copy(layer)


def _layer(block: nn.Sequential) -> nn.Conv2d | nn.ConvTranspose2d:
    layer = block[0]
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    return layer


def _copy(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    middle = layer.kernel_size[0] // 2
    for colour in range(COLOURS):
        layer.weight[colour, colour, middle, middle] = 1
    _silence(layer)


def _silence(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    if layer.bias is not None:
        layer.bias[:COLOURS] = 0
