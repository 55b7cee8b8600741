"""Checkpoints: everything that a training needs to go on as if it had never stopped."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..pipeline.errors import RecipeError

if TYPE_CHECKING:
    from .train import Training

_NETWORK = "module."
"""What torch's average puts before the names of the network that it holds."""


def save(training: Training, path: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    adversary = training.trainee.adversary
    state = {
        "method": training.config.method,
        "network": training.trainee.network.state_dict(),
        "average": training.average.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "adversary": adversary and adversary.network.state_dict(),
        "opponent": training.opponent and training.opponent.state_dict(),
        "supply": training.supply.state(),
        "random": _random(training.device),
        "step": training.step,
        "best": training.best,
        "seconds": training.seconds,
    }
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def restore(training: Training, path: Path) -> None:
    """Go on from a checkpoint; `RecipeError` where the file is missing or no checkpoint of this training."""
    with _explained(path, "this training"):
        _restore(training, _load(path))


def read_average(path: Path) -> dict[str, Tensor]:
    """Return the moving average in a checkpoint, float32, by the network's own names.

    `RecipeError` where the file is missing or no checkpoint.
    """
    with _explained(path, "a training"):
        average: dict[str, Tensor] = _load(path)["average"]
        return {
            name.removeprefix(_NETWORK): tensor
            for name, tensor in average.items()
            if name.startswith(_NETWORK)
        }


def _load(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


@contextmanager
def _explained(path: Path, owner: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (pickle.UnpicklingError, RuntimeError, LookupError, TypeError, ValueError, EOFError) as error:
        raise RecipeError(f"{path}: is not a whole checkpoint of {owner}; give its checkpoint.pt") from error


def _restore(training: Training, state: dict[str, Any]) -> None:
    if state["method"] != training.config.method:
        raise ValueError(f"a checkpoint of {state['method']}")
    training.trainee.network.load_state_dict(state["network"])
    training.average.load_state_dict(state["average"])
    training.optimizer.load_state_dict(state["optimizer"])
    adversary = training.trainee.adversary
    if adversary is not None and training.opponent is not None:
        adversary.network.load_state_dict(state["adversary"])
        training.opponent.load_state_dict(state["opponent"])
    training.supply.restore(state["supply"])
    _set_random(training.device, state["random"])
    training.step, training.best, training.seconds = state["step"], state["best"], state["seconds"]


def _random(device: torch.device) -> list[torch.Tensor]:
    """Return the state of what dropout draws from."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def _set_random(device: torch.device, states: list[torch.Tensor]) -> None:
    torch.set_rng_state(states[0])
    if device.type == "cuda" and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)
