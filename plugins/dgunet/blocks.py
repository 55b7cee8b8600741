"""Building blocks of DGUNet; names and order of registration are those of the published checkpoints.

References
----------
Mou, Wang, Zhang: "Deep Generalized Unfolding Networks for Image Restoration", CVPR 2022.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RANK = 16
"""Dimensions of the subspace that `Merge` projects onto."""
_LEAST = 1e-12
"""Keeps a basis of nothing but zeros apart from a division by zero, where there is a ridge."""


class Features(NamedTuple):
    """What one stage hands to the next: encoder and decoder features and the bridge at full resolution."""

    encoder: tuple[Tensor, ...]
    """Widths n + s, n + 2s, n + 3s at 1/1, 1/2, 1/4."""
    decoder: tuple[Tensor, ...]
    """Widths n + 2s, n + s, n at 1/4, 1/2, 1/1."""
    bridge: Tensor
    """(N, n, H, W) from the supervised attention."""


def conv(inputs: int, outputs: int, kernel: int, bias: bool = True) -> nn.Conv2d:
    """Return a convolution that keeps the size."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)


class DegNet(nn.Module):
    """The learned degradation, or its adjoint: a residual on the image.

    Of several layers the degradation starts from their sum, and the adjoint from as many copies.
    """

    def __init__(self, slope: nn.PReLU, inputs: int = 3, outputs: int = 3, hidden: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(inputs, hidden, 3), slope, conv(hidden, outputs, 3))
        self.channels = inputs, outputs

    def forward(self, image: Tensor) -> Tensor:
        y: Tensor = self._plain(image) + self.body(image)
        return y

    def _plain(self, image: Tensor) -> Tensor:
        inputs, outputs = self.channels
        if inputs > outputs:
            return torch.stack(torch.split(image, outputs, 1)).sum(0)
        return image if inputs == outputs else image.repeat(1, outputs // inputs, 1, 1)


class ChannelGate(nn.Module):
    """One factor for each channel, from its mean."""

    def __init__(self, width: int) -> None:
        super().__init__()
        squeezed = width // 4
        self.conv_du = nn.Sequential(
            conv(width, squeezed, 1, False), nn.ReLU(True), conv(squeezed, width, 1, False), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x * self.conv_du(x.mean((-2, -1), keepdim=True))
        return y


class ChannelAttention(nn.Module):
    """Channel-attention block; its slope is shared with its siblings."""

    def __init__(self, width: int, slope: nn.PReLU) -> None:
        super().__init__()
        self.CA = ChannelGate(width)
        self.body = nn.Sequential(conv(width, width, 3, False), slope, conv(width, width, 3, False))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.CA(self.body(x)) + x
        return y


def shallow(width: int, slope: nn.PReLU, channels: int = 3) -> nn.Sequential:
    """Return the first features of a stage: image to `width` channels."""
    return nn.Sequential(conv(channels, width, 3, False), ChannelAttention(width, slope))


class ConvBlock(nn.Module):
    """Two convolutions with a shortcut; in the encoder half of the channels are instance-normalised."""

    def __init__(self, inputs: int, outputs: int, encoder: bool, fusion: bool = False) -> None:
        super().__init__()
        self.identity = conv(inputs, outputs, 1)
        self.conv_1 = conv(inputs, outputs, 3)
        self.conv_2 = conv(outputs, outputs, 3)
        if fusion:
            self.csff_enc = conv(outputs, outputs, 3)
            self.csff_dec = conv(inputs, outputs, 3)
            self.phi = conv(outputs, outputs, 3)
            self.gamma = conv(outputs, outputs, 3)
        self.norm = nn.InstanceNorm2d(outputs // 2, eps=1e-5, affine=True) if encoder else None

    def forward(self, x: Tensor, encoder: Tensor | None = None, decoder: Tensor | None = None) -> Tensor:
        y: Tensor = self.conv_1(x)
        if self.norm is not None:
            half = self.norm.num_features
            y = torch.cat([self.norm(y[:, :half]), y[:, half:]], 1)
        y = F.leaky_relu(y, 0.2)
        y = F.leaky_relu(self.conv_2(y), 0.2) + self.identity(x)
        if encoder is None or decoder is None:
            return y
        mixed = F.leaky_relu(self.csff_enc(encoder) + self.csff_dec(decoder), 0.1)
        y = y * torch.sigmoid(self.phi(mixed)) + self.gamma(mixed) + y
        return y


class DownBlock(ConvBlock):
    """An encoder block that also halves the size."""

    def __init__(self, inputs: int, outputs: int, fusion: bool) -> None:
        super().__init__(inputs, outputs, True, fusion)
        self.downsample = nn.Conv2d(outputs, outputs, 4, 2, 1, bias=False)


class Encoder(nn.Module):
    """Three levels down; with `fusion` the previous stage's features are let in."""

    def __init__(self, width: int, step: int, fusion: bool) -> None:
        super().__init__()
        widths = [width + step * level for level in range(4)]
        downs = [DownBlock(widths[i], widths[i + 1], fusion) for i in range(3)]
        self.body = nn.ModuleList([*downs, ConvBlock(widths[3], widths[3], True)])

    def forward(self, x: Tensor, previous: Features | None) -> tuple[tuple[Tensor, ...], Tensor]:
        kept = []
        for level in range(3):
            block = self.body[level]
            assert isinstance(block, DownBlock)
            let_in = () if previous is None else (previous.encoder[level], previous.decoder[2 - level])
            full = block(x, *let_in)
            kept.append(full)
            x = block.downsample(full)
        return tuple(kept), self.body[3](x)


class UpBlock(nn.Module):
    """Doubles the size and joins the skip connection."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, outputs, 2, 2)
        self.conv_block = ConvBlock(2 * outputs, outputs, False)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        y: Tensor = self.conv_block(torch.cat([self.up(x), skip], 1))
        return y


class Decoder(nn.Module):
    """Three levels up."""

    def __init__(self, width: int, step: int) -> None:
        super().__init__()
        widths = [width + step * level for level in range(3, -1, -1)]
        self.body = nn.ModuleList(UpBlock(widths[i], widths[i + 1]) for i in range(3))
        self.skip_conv = nn.ModuleList(conv(widths[i], widths[i + 1], 3) for i in range(3))

    def forward(self, bottom: Tensor, encoder: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        kept, x = [], bottom
        for level, (block, skip) in enumerate(zip(self.body, self.skip_conv, strict=True)):
            x = block(x, skip(encoder[2 - level]))
            kept.append(x)
        return tuple(kept)


class SupervisedAttention(nn.Module):
    """From the decoder's feature to the bridge and the stage's image."""

    def __init__(self, width: int, channels: int = 3) -> None:
        super().__init__()
        self.conv1 = conv(width, width, 1, False)
        self.conv2 = conv(width, channels, 1, False)

    def forward(self, feature: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        return self.conv1(feature) + feature, self.conv2(feature) + image


class Merge(nn.Module):
    """Join a stage's feature with the bridge, projected onto a learned subspace of the picture's pixels."""

    def __init__(self, width: int, rank: int = RANK, ridge: float = 0.0) -> None:
        super().__init__()
        self.conv_block = conv(2 * width, width, 3)
        self.subnet = conv(2 * width, rank, 3)
        self.ridge = ridge

    def forward(self, x: Tensor, bridge: Tensor) -> Tensor:
        basis = self.subnet(torch.cat([x, bridge], 1)).flatten(2)
        projected = project(bridge.flatten(2), basis, self.ridge).reshape(bridge.shape)
        y: Tensor = x + self.conv_block(torch.cat([x, projected], 1))
        return y


def project(rows: Tensor, basis: Tensor, ridge: float = 0.0) -> Tensor:
    """Project every row onto the space that the rows of `basis` span.

    Parameters
    ----------
    rows : (N, n, P) float32
        A value for each channel and pixel.
    basis : (N, rank, P) float32
        Scaled inside so that the absolute values of each row sum to 1, which only steadies the rounding. Half
        precision is lifted to float32: the Gram matrix has condition numbers around 1000.
    ridge : float
        Added to the diagonal of the Gram matrix, as a share of the diagonal's mean. Above 0 a basis whose rows
        depend on each other has an answer too, with gradients; 0, as published, fails on it.

    Returns
    -------
    (N, n, P) in the type of `rows`.
    """
    with torch.autocast(rows.device.type, enabled=False):
        kept, rows, basis = rows.dtype, rows.float(), basis.float()
        basis = basis / (1e-6 + basis.abs().sum(2, keepdim=True))
        across = basis.transpose(1, 2)
        solved = torch.linalg.inv(_steady(basis @ across, ridge)) @ basis
        projected: Tensor = (across @ (solved @ rows.transpose(1, 2))).transpose(1, 2)
        return projected.to(kept)


def _steady(gram: Tensor, ridge: float) -> Tensor:
    if ridge == 0:
        return gram
    mean = gram.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
    return gram + (ridge * mean + _LEAST) * torch.eye(gram.shape[-1], device=gram.device)
