"""The configuration of a training, as YAML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import torch
import yaml
from pydantic import Field

from ..pipeline.errors import RecipeError
from ..pipeline.recipe.explain import check
from ..pipeline.recipe.positions import spell
from ..pipeline.stage import Parameters
from ..pipeline.suggest import listing, unknown
from .synth.ranges import Ranges
from .trainee import METHODS, facts

CONFIGS = Path(__file__).parent / "configs"
FOLDERS = ("photographs", "raws", "panoramas", "paired", "pairs")
"""Keys of a configuration that hold folders of data."""


class Sources(Parameters):
    """What is trained and measured on."""

    photographs: tuple[Path, ...] = Field((), min_length=1, description="folders of finished photographs")
    raws: tuple[Path, ...] = Field(
        (), description="folders of RAW files, which are developed to linear light"
    )
    panoramas: tuple[Path, ...] = Field(
        (), description="folders of panoramas of light, .hdr or .exr: what windows reflect"
    )
    panorama_share: float = Field(
        0.3, ge=0, le=1, description="part of the reflected scenes that are views of panoramas"
    )
    paired: tuple[Path, ...] = Field(
        (), description="paired folders to learn from: blended/, transmission/ and perhaps reflection/"
    )
    paired_share: float = Field(
        0.3, ge=0, le=1, description="part of the samples that are crops of pairs; default as IBCLN's release"
    )
    exclude: tuple[str, ...] = Field((), description="file names left out, e.g. for their licence")
    hold_out: int = Field(10, ge=2, description="every n-th photograph is kept for validation")
    pairs: tuple[Path, ...] = Field((), description="paired folders to measure on; never trained on")


class TrainConfig(Sources):
    """What a training run is made of."""

    unveil_training: Literal[1] = Field(description="version of this format")
    sources: Path | None = Field(
        None,
        description="a YAML file with photographs, exclude, hold_out and pairs, for what is not said here",
    )
    method: Literal["unveilnet", "ibcln", "location_aware", "durrnet", "cr3net", "dgunet"] = Field(
        "unveilnet", description="which network is trained"
    )
    variant: Literal["small", "full"] | None = Field(
        None, description="size of the network; default: small, for unveilnet full"
    )
    synthesis: Literal["linear", "published"] | None = Field(
        None, description="how reflections are made; default: published where the authors publish it"
    )
    losses: dict[str, float] = Field(
        default_factory=dict,
        description="weights that take the place of the published ones, by the loss's name",
    )
    perceptual: Path | None = Field(
        None,
        description="VGG19 weights (torchvision's file) for losses on features; default: EfficientNet-Lite0",
    )
    size: int = Field(224, ge=32, multiple_of=32, description="side of the crops, pixels")
    batch: int = Field(16, ge=1)
    steps: int = Field(5000, ge=1)
    stop_after: int | None = Field(
        None, ge=1, description="end after so many steps, with the rates that `steps` of them would have"
    )
    optimiser: Literal["adam", "adamw", "muon"] = Field(
        "adamw", description="muon: for inner convolutions, with Adam for the rest; wants torch 2.9"
    )
    betas: tuple[float, float] = Field((0.9, 0.999), description="of Adam")
    learning_rate: float = Field(1e-3, gt=0, description="peak; the pretrained encoder takes 0.3 of it")
    warm_up: int = Field(100, ge=0, description="steps until the peak")
    schedule: Literal["cosine", "constant", "halving"] = Field(
        "cosine", description="after the warm-up; halving: at 40, 60 and 80 % of the steps"
    )
    final_rate: float = Field(0.0, ge=0, description="where the cosine ends")
    weight_decay: float = Field(1e-4, ge=0)
    clip: float | None = Field(1.0, gt=0, description="largest norm of the gradient")
    average: float = Field(0.998, ge=0, lt=1, description="decay of the moving average that is shipped")
    precision: Literal["float32", "bfloat16"] = Field("bfloat16", description="of the forward pass")
    pretrained: bool = Field(True, description="start unveilnet's encoder from ImageNet weights")
    iterations: int | None = Field(
        None,
        ge=1,
        description="how often ibcln and location_aware refine their answer; default: as published, 3",
    )
    start: Path | None = Field(None, description="start the whole network from these weights, safetensors")
    teacher: Path | None = Field(
        None,
        description="weights of unveilnet, safetensors, whose answers are learned instead of the truth: linear "
        "mixtures only, of which the teacher sees twice the size",
    )
    ranges: Ranges = Field(default=Ranges(), description="what the linear synthesis draws from")
    seed: int = 1
    checkpoint_every: int = Field(250, ge=1, description="steps between checkpoints")
    keep_every: int | None = Field(
        None,
        ge=1,
        description="steps between checkpoints that stay, e.g. checkpoint_000500.pt; default: none",
    )
    validate_every: int = Field(500, ge=1, description="steps between validations")
    look_at: tuple[int, ...] = Field(
        (10, 50, 150), description="early steps after which a sheet of pictures is written, without figures"
    )
    log_every: int = Field(25, ge=1, description="steps between two points of the losses in TensorBoard")
    pairs_size: int = Field(
        384,
        ge=32,
        description="long side that real pairs are shrunk to for validation: what the network is used at",
    )
    mixtures: int = Field(64, ge=2, description="held-out mixtures that a validation measures on")

    @property
    def last_step(self) -> int:
        """Where the training ends."""
        return self.stop_after or self.steps


def load_config(path: Path, data_folder: Path | None = None) -> TrainConfig:
    """Read a configuration; folders in it are below `data_folder`, or else beside the file.

    Other files that it names are beside it. `RecipeError` lists every mistake.
    """
    data = _read(path)
    if isinstance(data.get("sources"), str):
        data = {**_read_sources(path.parent / data["sources"]), **data}
    config, mistakes = check(TrainConfig, data, ())
    if not isinstance(config, TrainConfig):
        raise RecipeError(*(f"{path}: {spell(mistake.where)}: {mistake.text}" for mistake in mistakes))
    problems = [f"{path}: {problem}" for problem in _unfit(config)]
    if problems:
        raise RecipeError(*problems)
    base = data_folder or path.parent
    return config.model_copy(
        update={
            **{name: tuple(base / folder for folder in getattr(config, name)) for name in FOLDERS},
            "start": config.start and path.parent / config.start,
            "teacher": config.teacher and path.parent / config.teacher,
            "perceptual": config.perceptual and path.parent / config.perceptual,
        }
    )


def choose_config(path: Path | None, method: str | None) -> Path:
    """Return the file, or the configuration shipped for a method; `RecipeError` unless one of the two is given."""
    if path is not None and method is None:
        return path
    if method is not None and path is None:
        return shipped_config(method)
    raise RecipeError("give either a configuration or --method, one of the two")


def shipped_config(method: str) -> Path:
    """Return the configuration that is shipped for a method; `RecipeError` where there is none."""
    if method not in METHODS:
        raise RecipeError(unknown("method in training/configs", method, METHODS))
    return CONFIGS / f"{method}.yaml"


def _unfit(config: TrainConfig) -> Iterator[str]:
    """Yield what does not go together, and what the method, or this torch, does not have."""
    known, method = facts(config.method), config.method
    if config.stop_after and config.stop_after > config.steps:
        yield f"stop_after: found {config.stop_after}; allowed: at most `steps`, {config.steps}"
    if config.variant and config.variant not in known.variants:
        yield f"variant: found {config.variant!r}; {method} is {listing(known.variants, 'or')}"
    if config.synthesis and config.synthesis not in known.syntheses:
        yield f"synthesis: found {config.synthesis!r}; for {method} there is {listing(known.syntheses, 'or')}"
    if config.teacher and (config.synthesis or known.syntheses[0]) != "linear":
        yield "teacher: teaches linear mixtures; say `synthesis: linear`"
    if config.optimiser == "muon" and not hasattr(torch.optim, "Muon"):
        yield f"optimiser: found 'muon', which wants torch 2.9; this is {torch.__version__}"
    if config.iterations and known.iterations == 1:
        yield f"iterations: found {config.iterations}; {method} answers once, leave it out"
    for name, weight in config.losses.items():
        if name not in known.losses:
            yield f"losses: {unknown(f'loss of {method}', name, known.losses)}"
        elif weight < 0:
            yield f"losses.{name}: found {weight}; allowed: a number at least 0"


def _read_sources(path: Path) -> dict[str, Any]:
    data = _read(path)
    config, mistakes = check(Sources, data, ())
    if config is None:
        raise RecipeError(*(f"{path}: {spell(mistake.where)}: {mistake.text}" for mistake in mistakes))
    return data


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
