"""Weight files: safetensors with a card beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...pipeline.errors import EnvironmentFailure
from ...pipeline.hashing import sha256, sha256_once
from .store import store_folder, stored

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ...pipeline.method import MethodSpec
    from ...pipeline.network import NetworkSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFile:
    """A weight file that a method names."""

    method: str
    path: Path
    card: Mapping[str, Any]
    """Method, licence, training data, scores, sha256; empty where the card is missing."""
    problem: str = ""
    """Why the file cannot be used, or empty."""


def list_weights(methods: Iterable[MethodSpec], networks: Iterable[NetworkSpec] = ()) -> list[WeightFile]:
    """Return every weight file that the methods name and every one that was imported, with its card."""
    shipped = [_describe(spec.name, path) for spec in methods for path in spec.weights]
    return shipped + [_describe(spec.name, path) for spec, _, path in _imported(networks)]


def verify_weights(methods: Iterable[MethodSpec], networks: Iterable[NetworkSpec] = ()) -> list[WeightFile]:
    """Return the same with `problem` set where a file is missing, altered or does not fit its network."""
    networks = list(networks)
    trained = {
        path: partial(_try, spec, variant, path) for spec in networks for variant, path in spec.own.items()
    }
    shipped = [
        _verify(spec.name, path, trained.get(path, partial(_build, spec)))
        for spec in methods
        for path in spec.weights
    ]
    return shipped + [
        _verify(spec.name, path, partial(_try, spec, variant, path))
        for spec, variant, path in _imported(networks)
    ]


def _imported(networks: Iterable[NetworkSpec]) -> Iterator[tuple[NetworkSpec, str, Path]]:
    for spec in networks:
        for variant in spec.variants:
            for path in stored(spec.name, variant):
                yield spec, variant, path


def _build(spec: MethodSpec) -> None:
    spec.build(spec.parameters(), "cpu")


def _try(spec: NetworkSpec, variant: str, path: Path) -> None:
    load_into(spec.network(variant), path)


def _describe(name: str, path: Path) -> WeightFile:
    card, problem = _read_card(path)
    return WeightFile(method=name, path=path, card=card, problem=problem)


def _verify(name: str, path: Path, load: Callable[[], object]) -> WeightFile:
    file = _describe(name, path)
    if file.problem:
        return file
    found, promised = sha256(path), file.card.get("sha256")
    problem = "" if found == promised else f"sha256 is {found}, its card says {promised}"
    if not problem:
        try:
            load()
        except EnvironmentFailure as error:
            problem = str(error)
    return WeightFile(method=name, path=path, card=file.card, problem=problem)


def _read_card(path: Path) -> tuple[Mapping[str, Any], str]:
    if not path.is_file():
        return {}, "the file is missing"
    try:
        card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except FileNotFoundError:
        return {}, f"its card {path.with_suffix('.json').name} is missing"
    except OSError as error:
        return {}, f"its card {path.with_suffix('.json').name} cannot be read: {error.strerror}"
    except (ValueError, RecursionError) as error:
        return {}, f"its card {path.with_suffix('.json').name} is not JSON: {error}"
    if not isinstance(card, dict):
        return {}, f"its card {path.with_suffix('.json').name} is not a JSON object"
    return card, ""


def named(path: Path) -> str:
    """Return how a trail names a weight file, e.g. `ibcln-small, imported, sha256 1a2b3c4d5e6f`."""
    found = sha256_once(path)
    imported = ", imported" if path.parent == store_folder() else ""
    return f"{path.stem.removesuffix(f'-{found}')}{imported}, sha256 {found[:12]}"


def load_into(network: nn.Module, path: Path) -> None:
    """Fill a network from a safetensors file, fp16 or fp32.

    Raises
    ------
    EnvironmentFailure
        If the file is missing or broken, a key is missing or unexpected (the first is named), or a shape differs.
    """
    from .checkpoints import check_fit

    network.load_state_dict(check_fit(path, _read_tensors(path), network.state_dict()))


def _read_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise EnvironmentFailure(f"{path}: the weight file is missing; reinstall unveil, or train it anew")
    try:
        state: dict[str, Tensor] = load_file(path)
    except SafetensorError as error:
        raise EnvironmentFailure(
            f"{path}: not a whole safetensors file ({error}); reinstall unveil"
        ) from None
    return state
