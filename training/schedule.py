"""How the learning rate moves through a training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import TrainConfig

HALVED_AT = (0.4, 0.6, 0.8)
"""Of DURRNet's release: after 10, 15 and 20 of 25 epochs."""


def rate(step: int, config: TrainConfig) -> float:
    """Return the learning rate of a step: up in a line over the warm-up, then as the schedule says."""
    if step < config.warm_up:
        return config.learning_rate * (step + 1) / config.warm_up
    if config.schedule == "constant":
        return config.learning_rate
    if config.schedule == "halving":
        return config.learning_rate * 0.5 ** sum(step >= part * config.steps for part in HALVED_AT)
    done = (step - config.warm_up) / max(1, config.steps - config.warm_up)
    span = config.learning_rate - config.final_rate
    return config.final_rate + span * 0.5 * (1 + math.cos(math.pi * done))
