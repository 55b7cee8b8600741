"""The training loop: crops, mixtures, steps, checkpoints, validation."""

from __future__ import annotations

import csv
import math
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Generator, nn

from ..isp.tone import encode_curve
from ..pipeline.errors import RecipeError, UnveilError
from ..plugins.separation.weights import load_into
from ..plugins.unveilnet.network import UnveilNet
from .config import TrainConfig, load_config
from .losses.separation import separation_loss
from .photographs import Photographs, list_photographs
from .pretrained import load_encoder
from .synth.linear import mix
from .validation import Validation

Say = Callable[[str], None]


def run(
    config_path: Path,
    output: Path,
    device: str,
    resume: Path | None = None,
    data_folder: Path | None = None,
    say: Say = print,
) -> Path:
    """Train as a configuration says.

    Parameters
    ----------
    config_path : Path
        YAML, see `TrainConfig`.
    output : Path
        Folder for `checkpoint.pt` (everything that resuming needs), weights as safetensors and `log.csv`.
    device : str
        Torch device.
    resume : Path, optional
        A checkpoint to go on from; the same losses follow as if it had never stopped.
    data_folder : Path, optional
        Where the configuration's folders are; default: beside the configuration.
    say : callable
        Takes one line of progress at a time.

    Returns
    -------
    Path
        The trained weights, fp16 safetensors.
    """
    config = load_config(config_path, data_folder)
    output.mkdir(parents=True, exist_ok=True)
    training = Training(config, output, device)
    if resume is not None:
        training.restore(resume)
    return training.run(say)


class Training:
    """State of one training run."""

    def __init__(self, config: TrainConfig, output: Path, device: str) -> None:
        self.config, self.output, self.device = config, output, torch.device(device)
        paths = [p for p in list_photographs(config.photographs) if p.name not in config.exclude]
        held_out = paths[:: config.hold_out]
        self.photographs = Photographs([p for p in paths if p not in set(held_out)], config.size)
        self.validation = Validation(held_out, config, self.device)
        torch.manual_seed(config.seed)
        network = UnveilNet()
        if config.start is not None:
            load_into(network, config.start)
        elif config.pretrained:
            load_encoder(network.encoder)
        self.network = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.average),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )
        self.optimizer = torch.optim.AdamW(_groups(self.network), weight_decay=config.weight_decay)
        self.host_random = Generator().manual_seed(config.seed)
        self.device_random = Generator(self.device).manual_seed(config.seed)
        self.step, self.best = 0, -math.inf

    def run(self, say: Say) -> Path:
        """Train to the last step; return the weights that did best in validation."""
        start, first, total = time.monotonic(), self.step, 0.0
        while self.step < self.config.steps:
            total += self.one_step()
            if self.step % 50 == 0:
                say(self._progress(total / 50, start, first))
                total = 0.0
            if self.step % self.config.validate_every == 0 or self.step == self.config.steps:
                self._validate(say)
            if self.step % self.config.checkpoint_every == 0 or self.step == self.config.steps:
                self.save(self.output / "checkpoint.pt")
        return self.output / "best.safetensors"

    def one_step(self) -> float:
        """Draw a batch, take a step, return the loss; `UnveilError` where it is not finite."""
        config = self.config
        rate = _rate(self.step, config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        first = self.photographs.crops(config.batch, self.host_random).to(self.device)
        second = self.photographs.crops(config.batch, self.host_random).to(self.device)
        with torch.no_grad():
            mixture = mix(first, second, self.device_random, config.ranges)
        self.network.train()
        encoded = forward(self.network, mixture.blended, config, self.device)
        loss = separation_loss(encoded, mixture)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise UnveilError(
                f"the loss is {value} at step {self.step}; the last good state is in "
                f"{self.output / 'checkpoint.pt'}: lower the learning rate and resume from it"
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return value

    def _validate(self, say: Say) -> None:
        network: nn.Module = self.average.module
        figures = self.validation.measure(network)
        say(f"step {self.step}: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()))
        _append(self.output / "log.csv", {"step": self.step, **figures})
        if figures["gain"] > self.best:
            self.best = figures["gain"]
            save_weights(network, self.output / "best.safetensors")
        save_weights(network, self.output / "last.safetensors")

    def _progress(self, loss: float, start: float, first: int) -> str:
        speed = (self.step - first) / max(time.monotonic() - start, 1e-9)
        left = (self.config.steps - self.step) / speed / 60
        samples = speed * self.config.batch
        return f"step {self.step}/{self.config.steps} loss {loss:.4f} {samples:.1f} samples/s, {left:.0f} min left"

    def save(self, path: Path) -> None:
        """Write everything that resuming needs, whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "host_random": self.host_random.get_state(),
            "device_random": self.device_random.get_state(),
            "step": self.step,
            "best": self.best,
        }
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint; `RecipeError` where the file is missing or no checkpoint of this network."""
        try:
            self._restore(torch.load(path, map_location="cpu", weights_only=True))
        except OSError as error:
            raise RecipeError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
        except (pickle.UnpicklingError, RuntimeError, LookupError, TypeError, ValueError, EOFError) as error:
            raise RecipeError(
                f"{path}: is not a whole checkpoint of this training; give its checkpoint.pt"
            ) from error

    def _restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.host_random.set_state(state["host_random"])
        self.device_random.set_state(state["device_random"])
        self.step, self.best = state["step"], state["best"]


def forward(
    network: nn.Module, blended: torch.Tensor, config: TrainConfig, device: torch.device
) -> torch.Tensor:
    """Run the network on linear mixtures as it will be run: on their display encoding."""
    display = encode_curve(blended, "srgb").to(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
        encoded: torch.Tensor = network(display)
    return encoded


def save_weights(network: nn.Module, path: Path) -> None:
    """Write a network as fp16 safetensors."""
    from safetensors.torch import save_file

    state = {k: _half(v).contiguous().cpu() for k, v in network.state_dict().items()}
    part = path.with_suffix(".part")
    save_file(state, part)
    part.replace(path)


def _half(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def _rate(step: int, config: TrainConfig) -> float:
    if step < config.warm_up:
        return config.learning_rate * (step + 1) / config.warm_up
    done = (step - config.warm_up) / max(1, config.steps - config.warm_up)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _groups(network: UnveilNet) -> list[dict[str, Any]]:
    encoder = list(network.encoder.parameters())
    inside = {id(p) for p in encoder}
    rest = [p for p in network.parameters() if id(p) not in inside]
    return [{"params": encoder, "share": 0.3, "lr": 0.0}, {"params": rest, "share": 1.0, "lr": 0.0}]


def _append(path: Path, row: dict[str, Any]) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)
