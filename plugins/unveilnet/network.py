"""The network of `unveilnet`: an EfficientNet-Lite0 encoder and a small decoder that gives the reflection.

It looks at the display-encoded proxy and answers with the reflection alone, at half the proxy's size. A
reflection seen through glass is smooth beside the scene, so half size loses little, and the transmission keeps
every detail because it is never painted: it is the input less the reflection, in linear light.

References
----------
Tan, Le: "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019 (block layout;
the Lite variant leaves out squeeze-and-excitation and uses ReLU6).
Ronneberger, Fischer, Brox: "U-Net", MICCAI 2015 (decoder with skip connections).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...isp.tone.curves import encode_curve

MULTIPLE = 32
COARSE = 2
"""How much smaller the second look sees the picture."""
POWER = 4
"""Exponent of the mean of both looks. This and `ERROR` were chosen on the 19 aligned pairs of nature20 and real20, on
mixtures, and on photographs without glass (docs/training.md)."""
WINDOW = 64
"""Side of the windows, pixels, in which it is asked how much was found."""
ERROR = 0.06
"""Share of the light by which the network errs where there is no reflection."""
REFLECTION_GAMMA = 2.2
"""The head answers with reflection ** (1 / 2.2), so that faint reflections weigh as they look."""


class _Group(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


# Table 1 of the EfficientNet paper (B0); Lite0 has the same blocks.
_GROUPS = (
    _Group(1, 3, 1, 1, 16),
    _Group(2, 3, 2, 6, 24),
    _Group(2, 5, 2, 6, 40),
    _Group(3, 3, 2, 6, 80),
    _Group(3, 5, 1, 6, 112),
    _Group(4, 5, 2, 6, 192),
    _Group(1, 3, 1, 6, 320),
)
_BN_EPS = 1e-3
_DARK = 1e-4


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs, eps=_BN_EPS, momentum=0.01))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; with a shortcut where the size stays."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        hidden = inputs * expand
        self.expand = _conv_bn(inputs, hidden, 1) if expand > 1 else None
        self.depthwise = _conv_bn(hidden, hidden, kernel, stride, groups=hidden)
        self.project = _conv_bn(hidden, outputs, 1)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self._filter(y)))
        return x + y if self.shortcut else y

    def _filter(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or not torch.is_grad_enabled():
            filtered: Tensor = self.depthwise(x)
            return filtered
        with torch.autocast("cpu", enabled=False):  # gradients take three times as long in bfloat16
            filtered = self.depthwise(x.float())
        return filtered


class Encoder(nn.Module):
    """EfficientNet-Lite0 without its classifier: features at strides 2, 4, 8, 16 and 32."""

    channels = (16, 24, 40, 112, 320)

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv_bn(3, 32, 3, 2)
        blocks: list[nn.Module] = []
        taps: list[int] = []
        inputs = 32
        for group in _GROUPS:
            for i in range(group.repeats):
                stride = group.stride if i == 0 else 1
                if stride == 2:
                    taps.append(len(blocks) - 1)
                blocks.append(InvertedResidual(inputs, group.channels, group.kernel, stride, group.expand))
                inputs = group.channels
        self.blocks = nn.ModuleList(blocks)
        self.taps = frozenset((*taps, len(blocks) - 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        x = F.relu6(self.stem(x))
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.taps:
                features.append(x)
        return features


class _Up(nn.Module):
    """Double the size, join the skip connection, mix."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            _conv_bn(inputs + skip, outputs, 3), nn.ReLU(True), _conv_bn(outputs, outputs, 3), nn.ReLU(True)
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = F.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=False)
        y: Tensor = self.mix(torch.cat([x, skip], 1))
        return y


class UnveilNet(nn.Module):
    """Display-encoded proxy in, reflection in linear light out.

    3.4 M parameters. Shapes: (N, 3, H, W) float32 in [0, 1], sRGB-encoded, H and W multiples of 32, to
    (N, 3, H / 2, W / 2) encoded reflection (see `REFLECTION_GAMMA`), in (0, 1).
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        c2, c4, c8, c16, c32 = Encoder.channels
        self.top = nn.Sequential(_conv_bn(c32, 128, 1), nn.ReLU(True))
        self.up16 = _Up(128, c16, 96)
        self.up8 = _Up(96, c8, 64)
        self.up4 = _Up(64, c4, 48)
        self.up2 = _Up(48, c2 + 3, 32)
        self.head = nn.Conv2d(32, 3, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.constant_(self.head.bias, -2.5)

    def forward(self, display: Tensor) -> Tensor:
        x = (display * 255 - 127) / 128  # what the pretrained encoder was fed with
        f2, f4, f8, f16, f32 = self.encoder(x)
        y = self.up16(self.top(f32), f16)
        y = self.up4(self.up8(y, f8), f4)
        y = self.up2(y, torch.cat([f2, F.avg_pool2d(x, 2)], 1))
        logits: Tensor = self.head(y)
        return torch.sigmoid(logits.float())


def split(linear: Tensor, encoded: Tensor) -> tuple[Tensor, Tensor]:
    """Split a linear picture by the network's answer.

    Parameters
    ----------
    linear : (N, 3, H, W) float32
        Linear light.
    encoded : (N, 3, h, w) float32
        What `UnveilNet` gave; brought to (H, W) bilinearly.

    Returns
    -------
    transmission, reflection : (N, 3, H, W) float32
        They add up to `linear`; the reflection is never above it and never below 0, because light does not
        subtract.
    """
    encoded = F.interpolate(encoded, size=linear.shape[-2:], mode="bilinear", align_corners=False)
    reflection = torch.minimum(encoded**REFLECTION_GAMMA, linear.clamp(min=0))
    return linear - reflection, reflection


def look_twice(look: Callable[[Tensor], Tensor], linear: Tensor) -> tuple[Tensor, Tensor]:
    """Let the network look at a picture and at the same picture at half its size.

    Parameters
    ----------
    look : callable
        `UnveilNet`, of display-encoded pictures.
    linear : (N, 3, H, W) float32
        Linear light, sides multiples of 64.

    Returns
    -------
    fine, coarse : (N, 3, h, w) float32
        Its answers.
    """
    fine, coarse = (look(encode_curve(x.clamp(0, 1), "srgb")) for x in (linear, shrunk(linear)))
    return fine, coarse


def found(linear: Tensor, fine: Tensor, coarse: Tensor) -> Tensor:
    """Return the reflection that both looks find together.

    At half its size the network sees more of a scene at once, and finds veils that cover most of it; at full size it
    finds reflections that are small or sharp. Their power mean takes the side of the look that finds more: of what
    only one finds, five sixths stay in.

    Where little is found, it is as likely an error as a reflection, and a clean picture must keep its light. Wiener's
    weight s^2 / (s^2 + e^2) of a signal s in an error e is taken for the share of the light that is reflection, in
    windows of `WINDOW` pixels.

    Parameters
    ----------
    linear : (N, 3, H, W) float32
        Linear light, sides multiples of 64.
    fine, coarse : (N, 3, h, w) float32
        Answers of `look_twice`.

    Returns
    -------
    (N, 3, H, W) float32
        Linear light, at least 0 and never above `linear`.

    References
    ----------
    Wiener: "Extrapolation, Interpolation, and Smoothing of Stationary Time Series", 1949.
    """
    small = split(shrunk(linear), coarse)[1]
    large = F.interpolate(small, size=linear.shape[-2:], mode="bicubic", align_corners=False)
    both = torch.stack([split(linear, fine)[1], large])
    mean = torch.linalg.vector_norm(both, ord=POWER, dim=0) / 2 ** (1 / POWER)
    reflection = torch.minimum(mean, linear.clamp(min=0))
    return reflection * _trust(reflection, linear)


def _trust(reflection: Tensor, linear: Tensor) -> Tensor:
    """Return Wiener's weight of what was found, (N, 1, H, W)."""
    some, light = (F.avg_pool2d(x.mean(1, keepdim=True), WINDOW) for x in (reflection, linear))
    share = some / light.clamp(min=_DARK)
    weight = share**2 / (share**2 + ERROR**2)
    return F.interpolate(weight, size=linear.shape[-2:], mode="bilinear", align_corners=False)


def shrunk(picture: Tensor) -> Tensor:
    """Return (N, C, H, W) linear light as the coarse look sees it."""
    return F.avg_pool2d(picture, COARSE)
