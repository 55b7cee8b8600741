"""DGUNet: seven stages of proximal gradient descent with learned degradations and a U-Net as the proximal map.

Two families: the base net, whose stages 2 to 6 share their weights, and the plus net, where every stage has its own.

References
----------
Mou, Wang, Zhang: "Deep Generalized Unfolding Networks for Image Restoration", CVPR 2022.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .blocks import RANK, Decoder, DegNet, Encoder, Features, Merge, SupervisedAttention, conv, shallow

COLOURS = 3
MULTIPLE = 8
STAGES = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """The sizes of a variant."""

    base: int
    step: int
    """Added at each level of the U-Nets."""
    tail: int = 0
    """Added in the last stage; base net only."""
    plus: bool = False
    layers: int = 1
    """Pictures that are estimated, stacked in the channels; more than one: base net only."""
    hidden: int = 64
    """Between the two convolutions of a degradation."""
    rank: int = RANK
    """Dimensions of the subspace that features are projected onto."""
    ridge: float = 0.0
    """Of the projection (`blocks.project`)."""

    @property
    def channels(self) -> int:
        """Channels of an estimate."""
        return COLOURS * self.layers


VARIANTS = {
    "deraining": Widths(base=40, step=20, tail=16),
    "deblurring": Widths(base=80, step=48, tail=32),
    "denoising": Widths(base=80, step=48, tail=32),
    "deraining_plus": Widths(base=40, step=20, plus=True),
    "deblurring_plus": Widths(base=96, step=48, plus=True),
    "denoising_plus": Widths(base=80, step=40, plus=True),
}
"""Sizes of the published nets, by task."""


class _Middle(NamedTuple):
    """The modules of one of the stages 2 to 6."""

    r: nn.Parameter
    phi: nn.Module
    phit: nn.Module
    shallow: nn.Module
    merge: nn.Module
    encoder: nn.Module
    decoder: nn.Module
    sam: nn.Module


def step(r: Tensor, phi: nn.Module, phit: nn.Module, image: Tensor, measured: Tensor) -> Tensor:
    """Take the gradient step from an estimate towards the measured picture."""
    moved: Tensor = image - r * phit(phi(image) - measured)
    return moved


class _Net(nn.Module, ABC):
    """What both families do; they differ in the modules of stages 2 to 6 and in the last join."""

    r0: nn.Parameter
    r6: nn.Parameter
    phi_0: nn.Module
    phit_0: nn.Module
    phi_6: nn.Module
    phit_6: nn.Module
    shallow_feat1: nn.Module
    shallow_feat7: nn.Module
    stage1_encoder: nn.Module
    stage1_decoder: nn.Module
    sam12: nn.Module
    tail: nn.Module

    @abstractmethod
    def middle(self, stage: int) -> _Middle:
        """Return the modules of stage 2 to 6."""

    @abstractmethod
    def join(self, x: Tensor, bridge: Tensor) -> Tensor:
        """Join the features of stage 7 with the bridge."""

    def forward(self, measured: Tensor) -> list[Tensor]:
        """Restore pictures.

        Parameters
        ----------
        measured : (N, 3, H, W) float32
            sRGB-encoded in [0, 1]; sides multiples of 8 and not both of them 8.

        Returns
        -------
        list of seven (N, 3, H, W) float32
            The estimates, the last stage first; not clamped.
        """
        return self.unfold(measured, measured)

    def unfold(self, start: Tensor, measured: Tensor) -> list[Tensor]:
        """Return the seven estimates, the last stage first, from a first one (N, C, H, W) of all layers.

        The last stage adds to `start`.
        """
        moved = step(self.r0, self.phi_0, self.phit_0, start, measured)
        encoder, bottom = self.stage1_encoder(self.shallow_feat1(moved), None)
        decoder = self.stage1_decoder(bottom, encoder)
        bridge, image = self.sam12(decoder[2], moved)
        before, images = Features(encoder, decoder, bridge), [image]
        for stage in range(2, STAGES):
            before, image = _run(self.middle(stage), before, image, measured)
            images.insert(0, image)
        x = self.shallow_feat7(step(self.r6, self.phi_6, self.phit_6, image, measured))
        return [self.tail(self.join(x, before.bridge)) + start, *images]


def _run(stage: _Middle, before: Features, image: Tensor, measured: Tensor) -> tuple[Features, Tensor]:
    moved = step(stage.r, stage.phi, stage.phit, image, measured)
    encoder, bottom = stage.encoder(stage.merge(stage.shallow(moved), before.bridge), before)
    decoder = stage.decoder(bottom, encoder)
    bridge, image = stage.sam(decoder[2], moved)
    return Features(encoder, decoder, bridge), image


def _half() -> nn.Parameter:
    return nn.Parameter(torch.tensor([0.5]))


def _degradation(widths: Widths, slope: nn.PReLU) -> DegNet:
    return DegNet(slope, widths.channels, COLOURS, widths.hidden)


def _adjoint(widths: Widths, slope: nn.PReLU) -> DegNet:
    return DegNet(slope, COLOURS, widths.channels, widths.hidden)


class SharedStage(nn.Module):
    """The one set of weights of stages 2 to 6 of the base net."""

    def __init__(self, widths: Widths, slope: nn.PReLU) -> None:
        super().__init__()
        n, s = widths.base, widths.step
        self.r1 = _half()
        self.phi_1 = _degradation(widths, slope)
        self.phit_1 = _adjoint(widths, slope)
        self.shallow_feat2 = shallow(n, nn.PReLU(), widths.channels)
        self.stage2_encoder = Encoder(n, s, True)
        self.stage2_decoder = Decoder(n, s)
        self.sam23 = SupervisedAttention(n, widths.channels)
        self.concat12 = conv(2 * n, n, 3, False)  # in the checkpoints, never used
        self.merge12 = Merge(n, widths.rank, widths.ridge)


class DGUNet(_Net):
    """The base net."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        n, s = widths.base, widths.step
        slope, attention = nn.PReLU(), nn.PReLU()
        self.r0 = _half()
        self.r6 = _half()
        self.basic = SharedStage(widths, slope)
        self.shallow_feat1 = shallow(n, attention, widths.channels)
        self.shallow_feat7 = shallow(n, attention, widths.channels)
        self.stage1_encoder = Encoder(n, s, False)
        self.stage1_decoder = Decoder(n, s)
        self.sam12 = SupervisedAttention(n, widths.channels)
        self.phi_0 = _degradation(widths, slope)
        self.phit_0 = _adjoint(widths, slope)
        self.phi_6 = _degradation(widths, slope)
        self.phit_6 = _adjoint(widths, slope)
        self.concat67 = conv(2 * n, n + widths.tail, 3, False)
        self.tail = conv(n + widths.tail, widths.channels, 3, False)

    def middle(self, stage: int) -> _Middle:
        b = self.basic
        return _Middle(
            b.r1, b.phi_1, b.phit_1, b.shallow_feat2, b.merge12, b.stage2_encoder, b.stage2_decoder, b.sam23
        )

    def join(self, x: Tensor, bridge: Tensor) -> Tensor:
        y: Tensor = self.concat67(torch.cat([x, bridge], 1))
        return y


class DGUNetPlus(_Net):
    """The plus net."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        n, s = widths.base, widths.step
        slope, attention = nn.PReLU(), nn.PReLU()
        for stage in range(STAGES):
            self.register_parameter(f"r{stage}", _half())
        for stage in range(1, STAGES + 1):
            self.add_module(f"shallow_feat{stage}", shallow(n, attention))
        for stage in range(STAGES):
            self.add_module(f"phi_{stage}", DegNet(slope))
            self.add_module(f"phit_{stage}", DegNet(slope))
        for stage in range(1, STAGES):
            self.add_module(f"stage{stage}_encoder", Encoder(n, s, stage > 1))
            self.add_module(f"stage{stage}_decoder", Decoder(n, s))
        for stage in range(1, STAGES):
            self.add_module(f"sam{stage}{stage + 1}", SupervisedAttention(n))
            self.add_module(f"merge{stage}{stage + 1}", Merge(n))
        self.tail = conv(n, 3, 3, False)

    def middle(self, stage: int) -> _Middle:
        return _Middle(
            self.get_parameter(f"r{stage - 1}"),
            self.get_submodule(f"phi_{stage - 1}"),
            self.get_submodule(f"phit_{stage - 1}"),
            self.get_submodule(f"shallow_feat{stage}"),
            self.get_submodule(f"merge{stage - 1}{stage}"),
            self.get_submodule(f"stage{stage}_encoder"),
            self.get_submodule(f"stage{stage}_decoder"),
            self.get_submodule(f"sam{stage}{stage + 1}"),
        )

    def join(self, x: Tensor, bridge: Tensor) -> Tensor:
        y: Tensor = self.get_submodule("merge67")(x, bridge)
        return y


def make_network(variant: str) -> nn.Module:
    """Return the net of a variant with random weights."""
    widths = VARIANTS[variant]
    return DGUNetPlus(widths) if widths.plus else DGUNet(widths)
