"""Where the batches of a training come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor

from .photographs import Photographs, list_photographs

if TYPE_CHECKING:
    from .batch import Batch
    from .config import TrainConfig

Draw = Callable[[Tensor, Tensor, Generator], "Batch"]


class Supply:
    """Random crops of photographs, mixed on the device; all of it from seeded generators."""

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        self.config, self.device = config, device
        paths = [p for p in list_photographs(config.photographs) if p.name not in config.exclude]
        self.held_out = paths[:: config.hold_out]
        used = [p for p in paths if p not in set(self.held_out)]
        self.counts = _count(used, config.photographs)
        self.photographs = Photographs(used, config.size)
        self.host_random = Generator().manual_seed(config.seed)
        self.device_random = Generator(device).manual_seed(config.seed)

    def draw(self, mix: Draw) -> Batch:
        """Draw two photographs for each sample and let `mix` make a batch of them, without gradients."""
        first, second = (
            self.photographs.crops(self.config.batch, self.host_random).to(self.device) for _ in range(2)
        )
        with torch.no_grad():
            return mix(first, second, self.device_random)

    def state(self) -> dict[str, Tensor]:
        """Return where the randomness stands."""
        return {"host": self.host_random.get_state(), "device": self.device_random.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.host_random.set_state(state["host"])
        self.device_random.set_state(state["device"])


def _count(paths: list[Path], folders: tuple[Path, ...]) -> dict[str, int]:
    """Return how many photographs each folder gave, by the folder's name."""
    return dict(Counter(folder.name for folder in folders for path in paths if folder in path.parents))
