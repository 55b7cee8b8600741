"""The training loop: crops, mixtures, steps, checkpoints, validation. The same for every method."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..pipeline.errors import RecipeError, UnveilError
from ..pipeline.shown import duration
from ..plugins.separation.weights import load_into
from . import checkpoint
from .average import averaged
from .board import MISSING, Board, installed
from .card import write_weights
from .log import Log
from .optimiser import Optimiser, make_optimiser
from .schedule import rate
from .supply import Supply
from .trainee import Group, Outcome, build
from .validation import Validation

if TYPE_CHECKING:
    from .batch import Batch
    from .config import TrainConfig

Say = Callable[[str], None]
SAY_EVERY = 10.0
"""Seconds between two lines of progress."""


def run(
    config_path: Path,
    output: Path,
    device: str,
    resume: Path | None = None,
    data_folder: Path | None = None,
    steps: int | None = None,
    say: Say = print,
) -> Path:
    """Train as a configuration says.

    Parameters
    ----------
    config_path : Path
        YAML, see `TrainConfig`.
    output : Path
        Folder for `checkpoint.pt` (everything that resuming needs), weights as safetensors with their cards,
        `log.csv`, `tensorboard/`, and a sheet of pictures for each validation and some early steps.
    device : str
        Torch device.
    resume : Path, optional
        A checkpoint to go on from; the same losses follow as if it had never stopped.
    data_folder : Path, optional
        Where the configuration's folders are; default: beside the configuration.
    steps : int, optional
        In place of the configuration's, and of its `stop_after`; the learning rate falls accordingly.
    say : callable
        Takes one line of progress at a time.

    Returns
    -------
    Path
        The trained weights, fp16 safetensors.
    """
    from .config import load_config

    config = load_config(config_path, data_folder)
    if steps is not None:
        config = config.model_copy(update={"steps": steps, "stop_after": None})
    output.mkdir(parents=True, exist_ok=True)
    training = Training(config, output, device)
    if resume is not None:
        training.restore(resume)
    return training.run(say)


class Training:
    """State of one training run."""

    def __init__(self, config: TrainConfig, output: Path, device: str) -> None:
        self.config, self.output, self.device = config, output, torch.device(device)
        if config.start is not None and not config.start.is_file():
            raise RecipeError(
                f"{config.start}: no such file; `start` names the weights of an earlier training"
            )
        self.supply = Supply(config, self.device)
        self.trainee = build(config, self.device)
        if config.start is not None:
            load_into(self.trainee.network, config.start)
        self.validation = Validation(self.supply.held_out, config, self.device)
        self.average = averaged(self.trainee.network, config.average)
        self.optimizer = make_optimiser(self.trainee.groups(), config)
        adversary = self.trainee.adversary
        self.opponent = None if adversary is None else make_optimiser(_whole(adversary.network), config)
        self.log = Log(output / "log.csv")
        self.board: Board | None = None
        self.step, self.best, self.seconds = 0, -math.inf, 0.0

    def run(self, say: Say) -> Path:
        """Train to the last step; return the weights that did best in validation."""
        if self.step == 0:
            self.save(self.output / "checkpoint.pt")
        self.log.start(self.step)
        if installed():
            self.board = Board(self.output, self.step)
        else:
            say(MISSING)
        try:
            self._steps(say)
        finally:
            if self.board is not None:
                self.board.close()
        return self.output / "best.safetensors"

    def _steps(self, say: Say) -> None:
        first, started, said = self.step, time.monotonic(), -math.inf
        before = self.seconds
        while self.step < self.config.last_step:
            losses = self.one_step()
            now = time.monotonic()
            self.seconds = before + now - started
            self.log.add(losses)
            if now - said >= SAY_EVERY or self._due(math.inf):
                say(self._progress(losses, (self.step - first) / (now - started)))
                said = now
            self._keep(losses, say)

    def _keep(self, losses: Mapping[str, float], say: Say) -> None:
        """Write what is due after a step; a network that is not finite is never written."""
        due = self._due(self.config.checkpoint_every)
        stays = self.config.keep_every is not None and self.step % self.config.keep_every == 0
        if due or stays or self._due(self.config.validate_every):
            self._check_weights()
        if self.board is not None and self._due(self.config.log_every):
            self.board.figures("losses", self.step, losses)
        if self._due(self.config.validate_every):
            self._validate(say)
        elif self.step in self.config.look_at:
            self._look()
        if due:
            self.save(self.output / "checkpoint.pt")
        if stays:
            self.save(self.output / f"checkpoint_{self.step:06d}.pt")

    def one_step(self) -> dict[str, float]:
        """Draw a batch, take a step, return the weighted losses and their sum as `loss`.

        `UnveilError` where one is not finite; the network is then as it was before.
        """
        batch = self.supply.draw(self.trainee.draw)
        self.trainee.network.train()
        done = self.step / self.config.steps
        outcome = self.trainee.losses(batch, done)
        losses = self._descend(outcome.losses, self.optimizer, self.trainee.network)
        self.average.update_parameters(self.trainee.network)
        losses |= self._oppose(outcome, batch, done)
        self.step += 1
        return losses

    def _oppose(self, outcome: Outcome, batch: Batch, done: float) -> dict[str, float]:
        adversary = self.trainee.adversary
        if adversary is None or self.opponent is None:
            return {}
        loss = adversary.loss(outcome.made.detach(), batch, done)
        if loss is None:
            return {"adversary": 0.0}
        found = self._descend({"adversary": loss}, self.opponent, adversary.network)
        return {"adversary": found["adversary"]}

    def _descend(
        self, losses: Mapping[str, Tensor], optimizer: Optimiser, network: nn.Module
    ) -> dict[str, float]:
        total = torch.stack(list(losses.values())).sum()
        values = {"loss": float(total.detach())} | {k: float(v.detach()) for k, v in losses.items()}
        self._check(values["loss"], "loss")
        optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(network.parameters(), self.config.clip or math.inf)
        self._check(float(norm), "norm of the gradient")
        learning_rate = rate(self.step, self.config)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * group["share"]
        optimizer.step()
        return values

    def _check(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            raise UnveilError(
                f"the {what} is {value} at step {self.step}; the last good state is in "
                f"{self.output / 'checkpoint.pt'}: lower the learning rate and resume from it"
            )

    def _check_weights(self) -> None:
        for name, tensor in self.trainee.network.state_dict().items():
            if tensor.is_floating_point():
                self._check(float(tensor.abs().max()), f"largest value of {name!r}")

    def _due(self, every: float) -> bool:
        return self.step % every == 0 or self.step == self.config.last_step

    def _validate(self, say: Say) -> None:
        network: nn.Module = self.average.module
        sheet = self.output / f"step_{self.step:06d}.png"
        figures = self.validation.measure(self.trainee, network, sheet)
        say(f"step {self.step}: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()))
        learning_rate = rate(self.step, self.config)
        self.log.write({"step": self.step, **figures, "rate": learning_rate, "seconds": self.seconds})
        if self.board is not None:
            self.board.figures("validation", self.step, {**figures, "rate": learning_rate})
            self.board.sheet(self.step, sheet)
        facts = {"step": self.step, "seconds": self.seconds, "device": str(self.device), "scores": figures}
        names = ["last"]
        if figures["gain"] > self.best:
            self.best = figures["gain"]
            names.append("best")
        for name in names:
            path = self.output / f"{name}.safetensors"
            write_weights(network, path, self.config, self.supply.counts, facts)

    def _look(self) -> None:
        sheet = self.output / f"early_{self.step:06d}.png"
        self.validation.look(self.trainee, self.average.module, sheet)
        if self.board is not None:
            self.board.sheet(self.step, sheet)

    def _progress(self, losses: Mapping[str, float], speed: float) -> str:
        left = duration((self.config.last_step - self.step) / speed)
        parts = ", ".join(f"{name} {value:.4f}" for name, value in losses.items() if name != "loss")
        return (
            f"step {self.step}/{self.config.last_step} loss {losses['loss']:.4f} ({parts}) "
            f"{speed * self.config.batch:.1f} samples/s, {left} left"
        )

    def save(self, path: Path) -> None:
        """Write everything that resuming needs, whole or not at all."""
        checkpoint.save(self, path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint; `RecipeError` where the file is missing or no checkpoint of this network."""
        checkpoint.restore(self, path)


def _whole(network: nn.Module) -> list[Group]:
    return [{"params": list(network.parameters()), "share": 1.0}]
