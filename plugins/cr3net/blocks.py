"""The parts of CR3Net: channel-attention blocks, the two U-Net halves, the RAW-to-display module.

References
----------
Song et al.: "Real-scene Reflection Removal with RAW-RGB Image Pairs", IEEE TCSVT 2023.
Zamir et al.: "Multi-Stage Progressive Image Restoration", CVPR 2021 (U-Net and full-size stages).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PLANES = 4
"""Planes of a packed mosaic: R, G, G, B."""
COLOURS = 3
_DILATIONS = (1, 2, 4)
_REDUCTION = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """The sizes of a variant; channels are multiples of 4."""

    levels: tuple[int, int, int]
    """Channels of the three U-Net levels."""
    full: int
    """Channels of the full-size stage."""
    depth: int
    """Attention blocks in each of the three groups of the full-size stage."""


def conv(inputs: int, outputs: int, kernel: int = 3, dilation: int = 1) -> nn.Conv2d:
    """Return a convolution without bias that keeps the size."""
    padding = (kernel - 1) * dilation // 2
    return nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=False)


class ChannelGate(nn.Module):
    """One weight in (0, 1) for each channel, from the channels' means over the whole picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels // _REDUCTION
        self.conv_du = nn.Sequential(
            conv(channels, hidden, 1), nn.ReLU(True), conv(hidden, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv_du(x.mean((2, 3), keepdim=True))
        return y


class Attention(nn.Module):
    """Two (dilated) convolutions, each channel weighed, added to the input.

    The activation is one object for the whole network: a single learned slope, listed once for each block.
    """

    def __init__(self, channels: int, slope: nn.PReLU, dilation: int = 1) -> None:
        super().__init__()
        self.CA = ChannelGate(channels)
        self.body = nn.Sequential(
            conv(channels, channels, dilation=dilation), slope, conv(channels, channels, dilation=dilation)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        gate = self.CA(y)
        if torch.is_grad_enabled():
            return torch.addcmul(x, y, gate)
        return torch.addcmul(x, y, gate, out=y)


class Down(nn.Module):
    """Half the size, more channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.AvgPool2d(2), conv(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.down(x)
        return y


class Up(nn.Module):
    """Twice the size, fewer channels; the convolution comes first, because the two commute."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.Sequential(nn.Identity(), conv(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        return double(self.up(x))


def double(x: Tensor) -> Tensor:
    """Resize bilinearly to twice the size."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Encoder(nn.Module):
    """Three levels, each of half the size of the one before."""

    def __init__(self, widths: Widths, slope: nn.PReLU) -> None:
        super().__init__()
        low, middle, high = widths.levels
        self.encoder_level1 = _level(low, 0, slope)
        self.encoder_level2 = _level(middle, 1, slope)
        self.encoder_level3 = _level(high, 2, slope)
        self.down12 = Down(low, middle)
        self.down23 = Down(middle, high)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        first = self.encoder_level1(x)
        second = self.encoder_level2(self.down12(first))
        return first, second, self.encoder_level3(self.down23(second))


class Decoder(nn.Module):
    """The way back up, with attended skip connections."""

    def __init__(self, widths: Widths, slope: nn.PReLU) -> None:
        super().__init__()
        low, middle, high = widths.levels
        self.decoder_level1 = _level(low, 0, slope)
        self.decoder_level2 = _level(middle, 1, slope)
        self.decoder_level3 = _level(high, 2, slope)
        self.skip_attn1 = Attention(low, slope, _DILATIONS[0])
        self.skip_attn2 = Attention(middle, slope, _DILATIONS[1])
        self.up21 = Up(middle, low)
        self.up32 = Up(high, middle)

    def forward(self, encoded: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        third = self.decoder_level3(encoded[2])
        second = self.decoder_level2(self.up32(third) + self.skip_attn2(encoded[1]))
        first = self.decoder_level1(self.up21(second) + self.skip_attn1(encoded[0]))
        return first, second, third


def _level(width: int, level: int, slope: nn.PReLU) -> nn.Sequential:
    return nn.Sequential(*(Attention(width, slope, _DILATIONS[level]) for _ in range(2)))


class Supervised(nn.Module):
    """Features attended by a picture: by its channels and by place."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = width // _REDUCTION
        self.fc1 = nn.Conv2d(width, hidden, 1)
        self.fc2 = nn.Conv2d(hidden, width, 1)
        self.spatial_se = nn.Sequential(conv(width, 1, 1), nn.Sigmoid())
        self.conv1 = conv(width, width, 1)
        self.conv2 = nn.Sequential(conv(PLANES, width, 1), nn.PReLU())
        self.conv3 = nn.Sequential(conv(PLANES, width, 1), nn.PReLU())

    def forward(self, x: Tensor, picture: Tensor) -> Tensor:
        mean = self.conv2(picture).mean((2, 3), keepdim=True)
        channels = torch.sigmoid(self.fc2(F.relu(self.fc1(mean))))
        y: Tensor = channels * self.conv1(x) * self.spatial_se(self.conv3(picture))
        return y


class RawToDisplay(nn.Module):
    """The learned mapping from RAW features to features at the display picture's size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.DM_r = _demosaic(width)
        self.GCM_r = _colour(width)
        self.DM_b = _demosaic(width)
        self.GCM_b = _colour(width)

    def forward(self, reflection: Tensor, transmission: Tensor) -> Tensor:
        return torch.cat((self.GCM_r(self.DM_r(reflection)), self.GCM_b(self.DM_b(transmission))), 1)


def _demosaic(width: int) -> nn.Sequential:
    return nn.Sequential(conv(width, 4 * width), nn.PReLU(), nn.PixelShuffle(2), conv(width, width))


def _colour(width: int) -> nn.Sequential:
    return nn.Sequential(
        conv(width, width, 1), nn.PReLU(), conv(width, width, 1), nn.PReLU(), conv(width, width, 1)
    )


class Residual(nn.Module):
    """Attention blocks and a convolution, added to the input."""

    def __init__(self, widths: Widths, slope: nn.PReLU) -> None:
        super().__init__()
        blocks = [Attention(widths.full, slope) for _ in range(widths.depth)]
        self.body = nn.Sequential(*blocks, conv(widths.full, widths.full))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.body(x)
        return y


class FullSize(nn.Module):
    """Stage 2: three residual groups at the display picture's size, fed from the three RAW levels.

    The release resizes a level's features and changes their channels step by step. Nothing bends between the
    steps, so here the matrices of a level are multiplied first and the features resized last: same numbers
    up to rounding.
    """

    def __init__(self, widths: Widths, slope: nn.PReLU) -> None:
        super().__init__()
        self.orb1, self.orb2, self.orb3 = (Residual(widths, slope) for _ in range(3))
        low, middle, high = widths.levels
        self.up_enc1 = Up(middle, low)
        self.up_dec1 = Up(middle, low)
        self.up_enc2 = nn.Sequential(Up(high, middle), Up(middle, low))
        self.up_dec2 = nn.Sequential(Up(high, middle), Up(middle, low))
        self.conv_enc1, self.conv_enc2, self.conv_enc3 = (_enter(low, widths.full) for _ in range(3))
        self.conv_dec1, self.conv_dec2, self.conv_dec3 = (_enter(low, widths.full) for _ in range(3))

    def forward(self, x: Tensor, encoded: Sequence[Tensor], decoded: Sequence[Tensor]) -> Tensor:
        x = self.orb1(x)
        x = x + _join((self.conv_enc1,), (self.conv_dec1,), encoded[0], decoded[0])
        x = self.orb2(x)
        x = x + _join((self.up_enc1, self.conv_enc2), (self.up_dec1, self.conv_dec2), encoded[1], decoded[1])
        x = self.orb3(x)
        return x + _join(
            (*self.up_enc2, self.conv_enc3), (*self.up_dec2, self.conv_dec3), encoded[2], decoded[2]
        )


def _enter(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Identity(), conv(inputs, outputs, 1))


def _join(
    encoder: Sequence[nn.Module], decoder: Sequence[nn.Module], encoded: Tensor, decoded: Tensor
) -> Tensor:
    """Bring one level's features to full size; each module of a path doubles the size once."""
    y = F.conv2d(encoded, _product(encoder)) + F.conv2d(decoded, _product(decoder))
    for _ in encoder:
        y = double(y)
    return y


def _product(path: Sequence[nn.Module]) -> Tensor:
    """Multiply the 1 x 1 convolutions along a path."""
    first, *others = (_weight(module) for module in path)
    for weight in others:
        first = weight @ first
    return first[..., None, None]


def _weight(module: nn.Module) -> Tensor:
    layers = module.up if isinstance(module, Up) else module
    assert isinstance(layers, nn.Sequential)
    mix = layers[1]
    assert isinstance(mix, nn.Conv2d)
    return mix.weight[:, :, 0, 0]
