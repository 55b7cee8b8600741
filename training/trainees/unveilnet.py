"""Our own network: mixtures in linear light, its own loss, an encoder that starts from ImageNet weights."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from ...isp.tone.curves import decode_curve, encode_curve
from ...plugins.unveilnet.network import COARSE, MULTIPLE, UnveilNet, found, look_twice, split
from ..batch import Batch, shrunk
from ..losses.pixel import log_error
from ..losses.separation import separation_loss
from ..pretrained import load_encoder
from ..trainee import Adversary, Facts, Group, Outcome, Setting, weigh

FACTS = Facts(
    multiple=COARSE * MULTIPLE,
    variants={"full": "full"},
    syntheses=("linear",),
    losses={"separation": 1.0, "coarse": 0.0, "both": 0.0},
    sees="linear",
)
ENCODER_SHARE = 0.3
"""Part of the learning rate that the pretrained encoder gets."""


class UnveilNetTrainee:
    """`UnveilNet` on linear batches."""

    adversary: Adversary | None = None

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        network = UnveilNet()
        if setting.config.pretrained and setting.config.start is None:
            load_encoder(network.encoder)
        self.encoder = list(network.encoder.parameters())
        self.network = setting.place(network)

    def draw(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix in linear light."""
        return self.setting.mix(first, second, generator)

    def losses(self, batch: Batch, done: float) -> Outcome:
        """One loss, of four parts, for each of the looks, and the error of what both find together."""
        weights, shown = self.setting.weights, encode_curve(batch.blended, "srgb")
        if not (weights["coarse"] or weights["both"]):
            fine = self._look(self.network, shown)
            terms = weigh(weights, {"separation": lambda: separation_loss(fine, batch)})
            return Outcome(losses=terms, made=split(batch.blended, fine)[0])
        fine, coarse = look_twice(lambda seen: self._look(self.network, seen), batch.blended)
        made = batch.blended - found(batch.blended, fine, coarse)
        terms = weigh(
            weights,
            {
                "separation": lambda: separation_loss(fine, batch),
                "coarse": lambda: separation_loss(coarse, shrunk(batch, COARSE)),
                "both": lambda: log_error(
                    encode_curve(made, "srgb"), encode_curve(batch.transmission, "srgb")
                ),
            },
        )
        return Outcome(losses=terms, made=made)

    def groups(self) -> list[Group]:
        """The encoder apart from the rest."""
        inside = {id(p) for p in self.encoder}
        rest = [p for p in self.network.parameters() if id(p) not in inside]
        return [{"params": self.encoder, "share": ENCODER_SHARE}, {"params": rest, "share": 1.0}]

    def remove(self, network: nn.Module, display: Tensor) -> Tensor:
        """Subtract in linear light what the network finds."""
        linear = decode_curve(display, "srgb")
        looks = look_twice(lambda seen: self._look(network, seen), linear)
        return encode_curve(linear - found(linear, *looks), "srgb")

    def _look(self, network: nn.Module, display: Tensor) -> Tensor:
        with self.setting.autocast():
            encoded: Tensor = network(display.to(memory_format=torch.channels_last))
        return encoded


build = UnveilNetTrainee
