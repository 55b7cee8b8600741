"""Samples of a synthesis to look at: `unveil synth`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ...pipeline.errors import EnvironmentFailure
from ..batch import Batch
from ..config import CONFIGS, TrainConfig, load_config
from ..displayed import displayed
from ..sheet import Row, write_sheet
from ..supply import Supply
from ..trainee import build, facts

FOLDERS = ("blended", "transmission", "reflection")
PHOTOMETRIC = CONFIGS / "unveilnet_photometric.yaml"
"""What is shown where no configuration is named."""
ACROSS = 3
"""Samples side by side on the sheet."""
SHOWN = 60
"""The first samples, which are on the sheet."""


def write_samples(
    config_path: Path,
    output: Path,
    n: int,
    seed: int,
    device: str,
    data_folder: Path | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Write what a training of a configuration would see, as 16-bit PNG files and one sheet.

    Where a teacher is named, the layers are those that it finds: lessons, which others can learn from as pairs.

    Parameters
    ----------
    config_path : Path
        YAML, see `TrainConfig`.
    output : Path
        Gets the folders `blended/`, `transmission/` and `reflection/`, which other commands take as pairs, with files
        of the same names in each, sRGB-encoded, and `sheet.png`: the three of a sample side by side, for the
        first of them.
    n, seed : int
        How many, and in place of the configuration's seed; the same seed gives the same files on the same device.
    device : str
        Torch device.
    data_folder : Path, optional
        Where the configuration's folders are; default: beside the configuration.
    say : callable
        Takes one line of progress at a time.

    Returns
    -------
    Path
        The sheet.
    """
    config = _for_looking(load_config(config_path, data_folder), seed)
    for name in FOLDERS:
        (output / name).mkdir(parents=True, exist_ok=True)
    shown: list[Row] = []
    for number, layers in zip(range(1, n + 1), _samples(config, torch.device(device)), strict=False):
        for name, layer in zip(FOLDERS, layers, strict=True):
            _write(layer, output / name / f"{number:04d}.png")
        if number <= SHOWN:
            shown.append(layers)
        if number % config.batch == 0 or number == n:
            say(f"{number} of {n} samples")
    sheet = output / "sheet.png"
    write_sheet(_rows(shown), sheet)
    return sheet


def _for_looking(config: TrainConfig, seed: int) -> TrainConfig:
    """Leave out what a training needs beside its data: weights to start from, losses on features, an adversary."""
    none = dict.fromkeys(facts(config.method).losses, 0.0)
    return config.model_copy(update={"seed": seed, "pretrained": False, "start": None, "losses": none})


def _samples(config: TrainConfig, device: torch.device) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield the layers of one sample after the other, (3, H, W) sRGB-encoded in [0, 1], without end."""
    supply, trainee = Supply(config, device), build(config, device)
    while True:
        batch = _shown(supply.draw(trainee.draw), config)
        layers = (layer.clamp(0, 1).cpu() for layer in (batch.blended, batch.transmission, batch.reflection))
        yield from zip(*layers, strict=True)


def _shown(batch: Batch, config: TrainConfig) -> Batch:
    return displayed(batch) if facts(config.method).sees == "linear" else batch


def _write(picture: Tensor, path: Path) -> None:
    levels = (picture * 65535).round().permute(1, 2, 0).numpy().astype(np.uint16)
    done, data = cv2.imencode(".png", np.ascontiguousarray(levels[:, :, ::-1]))
    if not done:
        raise EnvironmentFailure(f"{path}: the picture could not be encoded")
    path.write_bytes(data.tobytes())


def _rows(samples: list[Row]) -> list[list[Tensor]]:
    """Put a few samples on each row; the last row is filled with black."""
    missing = -len(samples) % ACROSS if len(samples) > ACROSS else 0
    black = torch.zeros_like(samples[0][0])
    full = [*samples, *[(black, black, black)] * missing]
    across = min(ACROSS, len(full))
    return [list(chain.from_iterable(full[i : i + across])) for i in range(0, len(full), across)]
