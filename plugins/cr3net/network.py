"""The network of CR3Net: a U-Net on the packed mosaic, then a full-size stage on the display picture.

State-dict names, shapes and order are those of the published checkpoints.

References
----------
Song et al.: "Real-scene Reflection Removal with RAW-RGB Image Pairs", IEEE TCSVT 2023.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .blocks import (
    COLOURS,
    PLANES,
    Attention,
    Decoder,
    Encoder,
    FullSize,
    RawToDisplay,
    Supervised,
    Widths,
    conv,
)

MULTIPLE = 8
"""Both sides of the display picture; the mosaic's planes have half of each."""

PUBLISHED = Widths(levels=(64, 84, 104), full=80, depth=8)
VARIANTS = {"": PUBLISHED, "small": Widths(levels=(24, 32, 40), full=20, depth=4)}
"""Sizes of the release, and of a net for a CPU: 0.9 M parameters."""


class Answer(NamedTuple):
    """What the network gives; nothing is clamped."""

    reflection: Tensor
    """(N, 3, H, W) display-encoded."""
    transmission: Tensor
    """(N, 3, H, W) display-encoded."""
    reflection_raw: Tensor
    """(N, 4, H / 2, W / 2) packed mosaic."""
    transmission_raw: Tensor
    """(N, 4, H / 2, W / 2) packed mosaic."""


class Cr3Net(nn.Module):
    """CR3Net, 11.0 M parameters in the published sizes."""

    def __init__(self, widths: Widths = PUBLISHED) -> None:
        super().__init__()
        width, full = widths.levels[0], widths.full
        slope = nn.PReLU()
        self.shallow_feat1_r = _shallow(PLANES, width, slope)
        self.shallow_feat1_t = _shallow(PLANES, width, slope)
        self.shallow_feat2_r = _shallow(COLOURS, width, slope)
        self.shallow_feat2_t = _shallow(COLOURS, width, slope)
        self.stage1_encoder_r = Encoder(widths, slope)
        self.stage1_decoder_r = Decoder(widths, slope)
        self.stage1_rconv = conv(width, PLANES)
        self.stage1_encoder_t = Encoder(widths, slope)
        self.stage1_decoder_t = Decoder(widths, slope)
        self.stage1_tconv = conv(width, PLANES)
        self.stage2_orsnet_r = FullSize(widths, slope)
        self.stage2_orsnet_t = FullSize(widths, slope)
        self.scam1_r = Supervised(width)
        self.scam1_t = Supervised(width)
        self.concat1_t = conv(2 * width, width)
        self.concat2_r = conv(3 * width, full)
        self.concat2_t = conv(3 * width + full, full)
        self.RRM = RawToDisplay(width)
        self.tail_r = conv(full, COLOURS)
        self.tail_t = conv(full, COLOURS)

    def forward(self, display: Tensor, raw: Tensor) -> Answer:
        """Separate a picture and its mosaic.

        Parameters
        ----------
        display : (N, 3, H, W) float32
            sRGB-encoded, [0, 1]; H and W multiples of 8.
        raw : (N, 4, H / 2, W / 2) float32
            Packed mosaic (`pack`), 0 = black, 1 = saturation, white balance untouched; not clamped.
        """
        encoded_r = self.stage1_encoder_r(self.shallow_feat1_r(raw))
        decoded_r = self.stage1_decoder_r(encoded_r)
        seen_r = self.scam1_r(decoded_r[0], raw)
        x = self.concat1_t(torch.cat((self.shallow_feat1_t(raw), seen_r), 1))
        encoded_t = self.stage1_encoder_t(x)
        decoded_t = self.stage1_decoder_t(encoded_t)
        transmission_raw = self.stage1_tconv(decoded_t[0]) + raw
        seen_t = self.scam1_t(decoded_t[0], transmission_raw)
        mapped = self.RRM(seen_r, seen_t)
        x_r = self.concat2_r(torch.cat((self.shallow_feat2_r(display), mapped), 1))
        x_r = self.stage2_orsnet_r(x_r, encoded_r, decoded_r)
        x_t = self.concat2_t(torch.cat((self.shallow_feat2_t(display), x_r, mapped), 1))
        x_t = self.stage2_orsnet_t(x_t, encoded_t, decoded_t)
        return Answer(
            reflection=self.tail_r(x_r) + display,
            transmission=self.tail_t(x_t) + display,
            reflection_raw=self.stage1_rconv(decoded_r[0]) + raw,
            transmission_raw=transmission_raw,
        )


def _shallow(inputs: int, width: int, slope: nn.PReLU) -> nn.Sequential:
    return nn.Sequential(conv(inputs, width), Attention(width, slope))


def make_network(variant: str) -> Cr3Net:
    """Return the net of a variant with random weights."""
    return Cr3Net(VARIANTS[variant])
