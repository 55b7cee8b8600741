"""Where the batches of a training come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor

from ..pipeline.errors import RecipeError
from ..pipeline.inputs import RAW_SUFFIXES
from .aligned import aligned
from .choice import overwrite
from .displayed import as_seen
from .paired import PairedPictures
from .pairs import Pair, list_pairs
from .panoramas import SUFFIXES, Panoramas
from .photographs import Photographs, list_photographs
from .teacher import LARGER
from .trainee import facts

if TYPE_CHECKING:
    from .batch import Batch
    from .config import TrainConfig

Draw = Callable[[Tensor, Tensor, Generator], "Batch"]


class Supply:
    """Random crops of photographs, mixed on the device, and of pairs; all of it from seeded generators.

    On a GPU the pictures stay in its memory and are cut there: only places are drawn on the CPU.
    """

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        self.config, self.device = config, device
        paths = [p for p in _sources(config) if p.name not in config.exclude]
        self.held_out = paths[:: config.hold_out]
        used = [p for p in paths if p not in set(self.held_out)]
        panoramas = list_photographs(config.panoramas, SUFFIXES)
        pairs = _pairs(config)
        self.counts = (
            _count(used, (*config.photographs, *config.raws))
            | _count(panoramas, config.panoramas)
            | _count([pair.blended for pair in pairs], config.paired)
        )
        size = config.size * (LARGER if config.teacher else 1)
        self.pairs_alone = bool(pairs) and config.paired_share == 1
        self.photographs = Photographs([] if self.pairs_alone else used, size, device=device)
        self.panoramas = Panoramas(panoramas, size, device) if panoramas else None
        self.pairs = PairedPictures(pairs, config.size, device=device) if pairs else None
        self.host_random = Generator().manual_seed(config.seed)
        self.device_random = Generator(device).manual_seed(config.seed)

    def draw(self, mix: Draw) -> Batch:
        """Draw two scenes for each sample and let `mix` make a batch of them, without gradients.

        Some of the reflected scenes are views of panoramas, some of the samples pairs, where there are such.
        """
        if self.pairs is not None and self.pairs_alone:
            return self._of_pairs(self.pairs, self.config.batch)
        first, second = (self.photographs.crops(self.config.batch, self.host_random) for _ in range(2))
        if self.panoramas is not None and (n := self._some(self.config.panorama_share)):
            second = torch.cat([self.panoramas.views(n, self.host_random), second[n:]])
        if self._published():
            first, second = first.clamp(max=1), second.clamp(max=1)
        with torch.no_grad():
            batch = mix(first, second, self.device_random)
            return batch if self.pairs is None else self._with_pairs(batch, self.pairs)

    def _with_pairs(self, batch: Batch, pairs: PairedPictures) -> Batch:
        n = self._some(self.config.paired_share)
        if not n:
            return batch
        return overwrite(batch, self._of_pairs(pairs, n))

    def _of_pairs(self, pairs: PairedPictures, n: int) -> Batch:
        return as_seen(pairs.crops(n, self.host_random), facts(self.config.method).sees)

    def _some(self, share: float) -> int:
        """Draw how many samples of a batch are of a kind that has this share."""
        return int((torch.rand(self.config.batch, generator=self.host_random) < share).sum())

    def _published(self) -> bool:
        """Return whether mixtures are made by a published recipe: those take pictures that are clipped at white."""
        return (self.config.synthesis or facts(self.config.method).syntheses[0]) == "published"

    def state(self) -> dict[str, Tensor]:
        """Return where the randomness stands."""
        return {"host": self.host_random.get_state(), "device": self.device_random.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.host_random.set_state(state["host"])
        self.device_random.set_state(state["device"])


def _sources(config: TrainConfig) -> list[Path]:
    """Return photographs and RAW files; `RecipeError` where no folder of either is named, or one is empty."""
    if not (config.photographs or config.raws):
        raise RecipeError("there is nothing to learn from: name folders, by `photographs:` or by `raws:`")
    return list_photographs(config.photographs) + list_photographs(config.raws, RAW_SUFFIXES)


def _pairs(config: TrainConfig) -> list[Pair]:
    """Return the aligned pairs to learn from; `RecipeError` where they are those that are measured on."""
    measured = {folder.resolve() for folder in config.pairs}
    for folder in config.paired:
        if folder.resolve() in measured:
            raise RecipeError(
                f"{folder}: is in `paired` and in `pairs`; pairs to measure on are not learned from"
            )
    return [pair for folder in config.paired for pair in aligned(folder, list_pairs(folder))]


def _count(paths: list[Path], folders: tuple[Path, ...]) -> dict[str, int]:
    """Return how many pictures each folder gave, by the folder's name."""
    return dict(Counter(folder.name for folder in folders for path in paths if folder in path.parents))
