"""Weight files: safetensors with a card beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...pipeline.errors import EnvironmentFailure
from ...pipeline.method import MethodSpec

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFile:
    """A weight file that a method names."""

    method: str
    path: Path
    card: Mapping[str, Any]
    """Method, licence, training data, scores, sha256; empty where the card is missing."""
    problem: str = ""
    """Why the file cannot be used, or empty."""


def list_weights(methods: Iterable[MethodSpec]) -> list[WeightFile]:
    """Return every weight file that the methods name, with its card."""
    return [_describe(spec, path) for spec in methods for path in spec.weights]


def verify_weights(methods: Iterable[MethodSpec]) -> list[WeightFile]:
    """Return every weight file with `problem` set where it is missing, altered or does not fit its network."""
    return [_verify(spec, path) for spec in methods for path in spec.weights]


def _describe(spec: MethodSpec, path: Path) -> WeightFile:
    card, problem = _read_card(path)
    return WeightFile(method=spec.name, path=path, card=card, problem=problem)


def _verify(spec: MethodSpec, path: Path) -> WeightFile:
    file = _describe(spec, path)
    if file.problem:
        return file
    found, promised = sha256(path), file.card.get("sha256")
    problem = "" if found == promised else f"sha256 is {found}, its card says {promised}"
    if not problem:
        try:
            spec.build(spec.parameters(), "cpu")
        except EnvironmentFailure as error:
            problem = str(error)
    return WeightFile(method=spec.name, path=path, card=file.card, problem=problem)


def _read_card(path: Path) -> tuple[Mapping[str, Any], str]:
    if not path.is_file():
        return {}, "the file is missing"
    try:
        card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except FileNotFoundError:
        return {}, f"its card {path.with_suffix('.json').name} is missing"
    except ValueError as error:
        return {}, f"its card {path.with_suffix('.json').name} is not JSON: {error}"
    if not isinstance(card, dict):
        return {}, f"its card {path.with_suffix('.json').name} is not a JSON object"
    return card, ""


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_into(network: nn.Module, path: Path) -> None:
    """Fill a network from a safetensors file, fp16 or fp32.

    Raises
    ------
    EnvironmentFailure
        If the file is missing or broken, a key is missing or unexpected (the first is named), or a shape differs.
    """
    state = _read_tensors(path)
    expected = network.state_dict()
    for key, tensor in expected.items():
        if key not in state:
            raise EnvironmentFailure(f"{path}: the weights lack {key!r}; they are of another network")
        if state[key].shape != tensor.shape:
            raise EnvironmentFailure(
                f"{path}: {key!r} has the shape {tuple(state[key].shape)}, the network takes {tuple(tensor.shape)}"
            )
    extra = next((key for key in state if key not in expected), None)
    if extra is not None:
        raise EnvironmentFailure(f"{path}: the weights hold {extra!r}, which the network does not have")
    network.load_state_dict({key: tensor.to(expected[key].dtype) for key, tensor in state.items()})


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
