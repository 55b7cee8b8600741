"""The configuration of a training, as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field

from ..pipeline.errors import RecipeError
from ..pipeline.explain import check
from ..pipeline.recipe_yaml import spell
from ..pipeline.stage import Parameters
from .synth.linear import Ranges


class TrainConfig(Parameters):
    """What a training run is made of."""

    unveil_training: Literal[1] = Field(description="version of this format")
    method: Literal["unveilnet"] = Field("unveilnet", description="which network is trained")
    photographs: tuple[Path, ...] = Field(min_length=1, description="folders of finished photographs")
    exclude: tuple[str, ...] = Field((), description="file names left out, e.g. for their licence")
    hold_out: int = Field(10, ge=2, description="every n-th photograph is kept for validation")
    pairs: tuple[Path, ...] = Field((), description="paired folders to measure on; never trained on")
    size: int = Field(224, ge=64, multiple_of=32, description="side of the crops, pixels")
    batch: int = Field(16, ge=2)
    steps: int = Field(5000, ge=1)
    learning_rate: float = Field(1e-3, gt=0, description="peak; the pretrained encoder takes 0.3 of it")
    warm_up: int = Field(100, ge=0, description="steps until the peak; then it falls as a cosine to 0")
    weight_decay: float = Field(1e-4, ge=0)
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average that is shipped")
    precision: Literal["float32", "bfloat16"] = Field("bfloat16", description="of the forward pass")
    pretrained: bool = Field(True, description="start the encoder from ImageNet weights")
    start: Path | None = Field(None, description="start the whole network from these weights, safetensors")
    ranges: Ranges = Field(default=Ranges(), description="what the synthesis draws from")
    seed: int = 1
    checkpoint_every: int = Field(250, ge=1, description="steps between checkpoints")
    validate_every: int = Field(500, ge=1, description="steps between validations")


def load_config(path: Path, data_folder: Path | None = None) -> TrainConfig:
    """Read a configuration; folders in it are below `data_folder`, or else beside the file.

    `RecipeError` lists every mistake.
    """
    config, mistakes = check(TrainConfig, _read(path), ())
    if not isinstance(config, TrainConfig):
        raise RecipeError(*(f"{path}: {spell(mistake.where)}: {mistake.text}" for mistake in mistakes))
    base = data_folder or path.parent
    return config.model_copy(
        update={
            "photographs": tuple(base / folder for folder in config.photographs),
            "pairs": tuple(base / folder for folder in config.pairs),
            "start": config.start and path.parent / config.start,
        }
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise RecipeError(f"{path}: is not a configuration; see training/configs/unveilnet.yaml for one")
    return data
