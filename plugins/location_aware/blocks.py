"""Building blocks of Location-aware SIRR: residual blocks with attention, and the Laplacian pyramid.

References
----------
Hu, Shen, Sun: "Squeeze-and-Excitation Networks", CVPR 2018.
Woo, Park, Lee, Kweon: "CBAM: Convolutional Block Attention Module", ECCV 2018.
Burt, Adelson: "The Laplacian Pyramid as a Compact Image Code", IEEE Trans. Communications, 1983.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RESIDUAL_SCALE = 0.1
"""Of the squeeze-and-excitation blocks; CBAM blocks have none."""
LAPLACE = ((0.0, -1.0, 0.0), (-1.0, 4.0, -1.0), (0.0, -1.0, 0.0))
"""What the pyramid's kernels start from: the discrete Laplacian over four neighbours."""
SCALES = (8, 4, 2)
"""How much smaller the levels of the pyramid are, in the order of its channels; full size comes last."""


class PlainConv(nn.Module):
    """A 3 x 3 convolution without bias, then an activation."""

    def __init__(self, channels: int, activation: nn.Module) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.act = activation

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.act(self.conv2d(x))
        return y


class Squeeze(nn.Module):
    """A weight in (0, 1) for each channel, from the channels' means."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = channels // reduction
        self.se = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.se(x.mean((2, 3)))
        return weights[:, :, None, None]


class SqueezeBlock(nn.Module):
    """Residual block with squeeze-and-excitation."""

    def __init__(self, channels: int, activation: nn.Module) -> None:
        super().__init__()
        self.conv1 = PlainConv(channels, activation)
        self.conv2 = PlainConv(channels, nn.Identity())
        self.se_layer = Squeeze(channels, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.conv1(x))
        return torch.addcmul(x, y, self.se_layer(y), value=RESIDUAL_SCALE)


class ChannelAttention(nn.Module):
    """A weight for each channel from its mean and its maximum, both through the same two layers."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.fc_1 = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.fc_2 = nn.Conv2d(channels // reduction, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        mean, peak = x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
        return torch.sigmoid(self._weigh(mean) + self._weigh(peak))

    def _weigh(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc_2(F.relu(self.fc_1(x)))
        return y


class SpatialAttention(nn.Module):
    """A weight for each place from the mean and the maximum over the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        seen = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return torch.sigmoid(self.conv(seen))


class Attention(nn.Module):
    """First the channels, then the places are weighed."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.channel_layer = ChannelAttention(channels, reduction)
        self.spatial_layer = SpatialAttention()

    def forward(self, x: Tensor) -> Tensor:
        x = self.channel_layer(x) * x
        weighed: Tensor = self.spatial_layer(x) * x
        return weighed


class AttentionBlock(nn.Module):
    """Residual block with CBAM."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.conv1 = PlainConv(channels, nn.ReLU())
        self.conv2 = PlainConv(channels, nn.Identity())
        self.cbam_layer = Attention(channels, reduction)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.cbam_layer(self.conv2(self.conv1(x)))
        return y


class Pyramid(nn.Module):
    """Detail at four scales, brought to full size: (N, C, H, W) to (N, 4 C, H, W).

    The kernels (one for each channel, the same at all scales) are learned. H and W are multiples of 8.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.tensor(LAPLACE).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        levels = [_resize(self._detail(_resize(x, 1 / scale)), scale) for scale in SCALES]
        return torch.cat([*levels, self._detail(x)], 1)

    def _detail(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel, padding=1, groups=len(self.kernel))


def _resize(x: Tensor, factor: float) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
