"""Discriminators in play: what they teach the network, and what they learn themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from .batch import Batch
from .discriminators import DeepDiscriminator, PatchDiscriminator
from .losses.adversarial import (
    RELATIVISTIC_FROM,
    RELATIVISTIC_WEIGHT,
    least_squares_discriminator,
    least_squares_generator,
    relativistic_discriminator,
    relativistic_generator,
)
from .trainee import Setting


class LeastSquares:
    """IBCLN's and CR3Net's: patches, least squares."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.network = setting.place(PatchDiscriminator())

    def teach(self, made: Tensor) -> Tensor:
        """Return what the network loses, a scalar; the discriminator's own weights get no gradient."""
        with _frozen(self.network):
            return least_squares_generator(_judge(self.setting, self.network, made))

    def loss(self, made: Tensor, batch: Batch, done: float) -> Tensor | None:
        """Return the discriminator's loss."""
        real = _judge(self.setting, self.network, batch.transmission)
        return least_squares_discriminator(real, _judge(self.setting, self.network, made))


class Relativistic:
    """DURRNet's: whole pictures, each told from the average of the other kind; in play from a fifth on."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.network = setting.place(DeepDiscriminator())

    def teach(self, made: Tensor, batch: Batch, done: float) -> Tensor:
        """Return the network's loss, a scalar; 0 before it is in play."""
        if done < RELATIVISTIC_FROM:
            return made.new_zeros(())
        with _frozen(self.network):
            real = _judge(self.setting, self.network, batch.transmission)
            return relativistic_generator(real, _judge(self.setting, self.network, made))

    def loss(self, made: Tensor, batch: Batch, done: float) -> Tensor | None:
        """Return the discriminator's loss, which carries the published weight too; None before it is in play."""
        if done < RELATIVISTIC_FROM:
            return None
        real = _judge(self.setting, self.network, batch.transmission)
        return RELATIVISTIC_WEIGHT * relativistic_discriminator(
            real, _judge(self.setting, self.network, made)
        )


def _judge(setting: Setting, network: nn.Module, pictures: Tensor) -> Tensor:
    with setting.autocast():
        logits: Tensor = network(pictures)
    return logits.float()


@contextmanager
def _frozen(network: nn.Module) -> Iterator[None]:
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)
