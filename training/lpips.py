"""LPIPS, a distance of deep features that agrees with what people see, from weights that the user has.

Two files make it: the features, torchvision's `alexnet-*.pth` or `vgg16-*.pth` (`features.<n>.weight`, `.bias`), and
the heads, `alex.pth` or `vgg.pth` of the `lpips` release (`lin<n>.model.1.weight`). One file that holds both, the
state dict of the released network, will do as well.

References
----------
Zhang, Isola, Efros, Shechtman, Wang: "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR
2018. Features: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014 (AlexNet);
Simonyan, Zisserman, ICLR 2015 (VGG-16).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from ..pipeline.errors import EnvironmentFailure
from ..plugins.separation.checkpoints import check_fit, read_checkpoint, tensors

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, as torchvision normalises; the release's shift and scale say the same for values from -1 to 1."""
SMALLEST = 32
"""Pixels of a side; below it AlexNet's last feature map has no place left."""
_TINY = 1e-10
"""Of the release: added to the length of a feature vector before the division."""
_ALEXNET = ((64, 11, 4, 2), (192, 5, 1, 2), (384, 3, 1, 1), (256, 3, 1, 1), (256, 3, 1, 1))
"""Channels, kernel, stride, padding."""
_VGG16 = ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3)
_FIRST = "features.0.weight"


class Lpips(nn.Module):
    """The distance of two pictures; `features` and five heads `lin0` to `lin4`, one for each tap.

    Parameters
    ----------
    network : str
        `alexnet` (taps: the five ReLUs) or `vgg16` (taps: the last ReLU before each pooling).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: str) -> None:
        super().__init__()
        self.features: nn.Sequential
        self.features, self.taps = {"alexnet": _alexnet, "vgg16": _vgg16}[network]()
        channels = [_channels(self.features, tap) for tap in self.taps]
        self.heads = nn.ParameterList([nn.Parameter(torch.ones(n)) for n in channels])
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)
        self.eval().requires_grad_(False)

    @torch.no_grad()
    def forward(self, picture: Tensor, truth: Tensor) -> float:
        """Return the distance of two (3, H, W) sRGB-encoded pictures in [0, 1]; 0 where they are equal.

        `ValueError` for a side below 32 pixels.
        """
        if min(picture.shape[-2:]) < SMALLEST:
            raise ValueError(
                f"LPIPS needs pictures of at least {SMALLEST} x {SMALLEST} pixels, got {tuple(picture.shape)}"
            )
        pairs = zip(self._look(picture), self._look(truth), self.heads, strict=True)
        return sum(float(_distance(one, other, head)) for one, other, head in pairs)

    def _look(self, picture: Tensor) -> list[Tensor]:
        found = []
        x = ((picture.to(self.mean) - self.mean) / self.deviation)[None]
        for number, layer in enumerate(list(self.features)[: self.taps[-1] + 1]):
            x = layer(x)
            if number in self.taps:
                found.append(x[0])
        return found


def load_lpips(files: Sequence[Path], device: str) -> Lpips:
    """Return the distance with the weights of one or two files, on a device.

    Raises
    ------
    EnvironmentFailure
        A file cannot be read or would run code; together they are not AlexNet's or VGG-16's features with their
        heads. One sentence names what is missing.
    """
    where = " and ".join(map(str, files))
    state: dict[str, Tensor] = {}
    for path in files:
        state |= _named(tensors(path, read_checkpoint(path)))
    if _FIRST not in state:
        raise EnvironmentFailure(
            f"{where}: no features there ({_FIRST!r} is missing); "
            "give torchvision's alexnet or vgg16 file beside the heads of LPIPS"
        )
    network = Lpips("alexnet" if state[_FIRST].shape[-1] == _ALEXNET[0][1] else "vgg16")
    expected = network.state_dict()
    network.load_state_dict(check_fit(where, _heads(where, state, expected), expected))
    return network.to(device)


def _named(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a file's tensors by torchvision's names; the released network keeps its layers in slices."""
    found = {}
    for key, tensor in state.items():
        found[re.sub(r"^net\.slice\d+\.", "features.", key)] = tensor
    return found


def _heads(where: str, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what the network takes of a state: its features, and each head as a vector."""
    found = {key: state[key] for key in expected if key in state}
    for number in range(5):
        name = f"lin{number}.model.1.weight"
        if name not in state:
            raise EnvironmentFailure(
                f"{where}: no heads there ({name!r} is missing); give alex.pth or vgg.pth of LPIPS as well"
            )
        found[f"heads.{number}"] = state[name].flatten()
    return found


def _distance(one: Tensor, other: Tensor, head: Tensor) -> Tensor:
    """Return a tap's part: the weighted square of the difference of unit vectors, mean over the places."""
    first, second = (x / (x.square().sum(0, keepdim=True).sqrt() + _TINY) for x in (one, other))
    return ((first - second).square() * head[:, None, None]).sum(0).mean()


def _alexnet() -> tuple[nn.Sequential, tuple[int, ...]]:
    layers: list[nn.Module] = []
    inputs = 3
    for number, (outputs, kernel, stride, padding) in enumerate(_ALEXNET):
        layers += [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU()]
        if number < 2:
            layers.append(nn.MaxPool2d(3, 2))
        inputs = outputs
    return nn.Sequential(*layers), (1, 4, 7, 9, 11)


def _vgg16() -> tuple[nn.Sequential, tuple[int, ...]]:
    layers: list[nn.Module] = []
    inputs = 3
    for group in _VGG16:
        if layers:
            layers.append(nn.MaxPool2d(2))
        for before, after in pairwise((inputs, *group)):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
        inputs = group[-1]
    return nn.Sequential(*layers), (3, 8, 15, 22, 29)


def _channels(features: nn.Sequential, tap: int) -> int:
    convolution = features[tap - 1]
    assert isinstance(convolution, nn.Conv2d)
    return convolution.out_channels
