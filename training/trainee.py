"""The contract of a trainee: what the training loop must know of a method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import torch
from torch import Generator, Tensor, nn

from .displayed import Sight
from .losses.perceptual import Perceptual
from .synth.linear import mix
from .teacher import Teacher

if TYPE_CHECKING:
    from .batch import Batch
    from .config import TrainConfig

N = TypeVar("N", bound=nn.Module)
T = TypeVar("T")
METHODS = ("unveilnet", "ibcln", "location_aware", "durrnet", "cr3net", "dgunet")
Group = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a configuration may ask of a method, and what holds where it does not."""

    multiple: int
    """Sides of the pictures are multiples of it."""
    variants: Mapping[str, str]
    """Name in a configuration to the network's own name of the variant; the usual one first."""
    syntheses: tuple[str, ...]
    """`linear`, `published`; the usual one first."""
    losses: Mapping[str, float]
    """Weight of each loss, as published where the authors tell it."""
    sees: Sight = "display"
    """What its batches hold."""
    iterations: int = 1
    """How often it refines its answer; 1: it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a batch came to."""

    losses: Mapping[str, Tensor]
    """Scalars, float32, weighted; their sum is minimised."""
    made: Tensor
    """(N, 3, H, W) float32 transmission in the batch's own encoding, with its gradient: what an adversary sees."""


class Adversary(Protocol):
    """A discriminator and what it learns."""

    network: nn.Module

    def loss(self, made: Tensor, batch: Batch, done: float) -> Tensor | None:
        """Return its scalar loss on transmissions that carry no gradient; None before it is in play."""
        ...


class Trainee(Protocol):
    """A method in training."""

    @property
    def network(self) -> nn.Module:
        """On its device; what is averaged and shipped."""
        ...

    @property
    def adversary(self) -> Adversary | None:
        """Trained in turns with the network; None where the weight of the loss is 0 or there is no such loss."""
        ...

    def draw(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix photographs, (N, 3, H, W) sRGB-encoded, into a batch in the method's own encoding."""
        ...

    def losses(self, batch: Batch, done: float) -> Outcome:
        """Run the network on a batch; `done` is the part of the training that is over, from 0 to 1."""
        ...

    def groups(self) -> list[Group]:
        """Return the optimiser's groups; `share` is the part of the learning rate that a group gets."""
        ...

    def remove(self, network: nn.Module, display: Tensor) -> Tensor:
        """Return the transmission of (N, 3, H, W) sRGB-encoded pictures, likewise; `network` is one like ours."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a trainee is built from."""

    config: TrainConfig
    device: torch.device
    teacher: Teacher | None = None

    @property
    def facts(self) -> Facts:
        """The method's facts."""
        return facts(self.config.method)

    @property
    def variant(self) -> str:
        """The network's own name of the variant."""
        usual: str = next(iter(self.facts.variants))
        return self.facts.variants[self.config.variant or usual]

    @property
    def synthesis(self) -> str:
        """`linear` or `published`."""
        return self.config.synthesis or self.facts.syntheses[0]

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of each loss."""
        return {**self.facts.losses, **self.config.losses}

    @property
    def iterations(self) -> int:
        """How often the answer is refined."""
        return self.config.iterations or self.facts.iterations

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which networks run: in float32 where nothing is learned, as methods are run.

        Losses stay outside of it, in float32.
        """
        half = self.config.precision == "bfloat16" and torch.is_grad_enabled()
        return torch.autocast(self.device.type, torch.bfloat16, enabled=half)

    def place(self, network: N) -> N:
        """Bring a network to the device, channels last."""
        placed: N = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return placed

    def mix(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix photographs in linear light; with a teacher, the layers are those that it finds."""
        mixture = mix(first, second, generator, self.config.ranges)
        return mixture if self.teacher is None else self.teacher(mixture)

    def perceptual(self, taps: Sequence[float], normalise: bool = False) -> Perceptual | None:
        """Return the loss on features, of the weights that the configuration names; None where it weighs 0."""
        if not self.weights["perceptual"]:
            return None
        return Perceptual(taps, self.config.perceptual, normalise).to(self.device)


def facts(method: str) -> Facts:
    """Return the facts of a method of `METHODS`."""
    found: Facts = _module(method).FACTS
    return found


def build(config: TrainConfig, device: torch.device) -> Trainee:
    """Build a configuration's trainee; its weights are random, seeded, or those to start from."""
    torch.manual_seed(config.seed)
    teacher = None if config.teacher is None else Teacher(config.teacher, device)
    trainee: Trainee = _module(config.method).build(Setting(config, device, teacher))
    return trainee


def weigh(weights: Mapping[str, float], terms: Mapping[str, Callable[[], Tensor]]) -> dict[str, Tensor]:
    """Return the weighted losses; those of weight 0 are not computed."""
    return {name: weights[name] * term() for name, term in terms.items() if weights[name]}


def needed(part: T | None) -> T:
    """Return a part that is there whenever its loss has a weight."""
    assert part is not None
    return part


def total(terms: Iterable[Tensor]) -> Tensor:
    """Return the sum of scalars."""
    return torch.stack(list(terms)).sum()


def _module(method: str) -> Any:
    return import_module(f".trainees.{method}", __package__)
