"""Authors' checkpoint files: read safely, unwrapped, checked against a network."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...pipeline.errors import EnvironmentFailure


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """Return what a checkpoint file (of `torch.save`, or safetensors) holds; nothing in it is run.

    Raises
    ------
    EnvironmentFailure
        The file is missing, truncated, no checkpoint, holds no dictionary, or would run code.
    """
    if not path.is_file():
        what = "is no file that can be read" if path.exists() else "there is no such file"
        raise EnvironmentFailure(f"{path}: {'is a folder, not a file' if path.is_dir() else what}")
    held = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    if not isinstance(held, Mapping):
        raise EnvironmentFailure(f"{path}: expected tensors by name, found {_kind(held)}")
    for key in held:
        if not isinstance(key, str):
            raise EnvironmentFailure(f"{path}: expected tensors by name, found one under {key!r}")
    return held


def _read_pickle(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise EnvironmentFailure(f"{path}: {_refusal(str(error))}") from None
    except Exception as error:  # torch raises whatever the broken bytes lead to
        raise EnvironmentFailure(
            f"{path}: not a whole checkpoint of torch.save ({type(error).__name__})"
        ) from None


def _refusal(words: str) -> str:
    """Return what is wrong with a pickle in one sentence, from torch's page about it."""
    named = re.search(r"GLOBAL (?:\w+\.)*\w+", words)
    if named is None and "blocked" not in words and "Unsupported operand" not in words:
        return "not a whole checkpoint of torch.save"
    what = f" ({named[0].removeprefix('GLOBAL ')})" if named else ""
    return (
        f"holds more than plain tensors{what}, which could run code and is refused; "
        "save its state dict alone with torch.save"
    )


def _read_safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise EnvironmentFailure(f"{path}: not a whole safetensors file ({error})") from None


def unwrap(path: Path, held: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the dictionary under the first of `keys` that a checkpoint has; itself where it has none."""
    for key in keys:
        if key in held and isinstance(held[key], Mapping):
            return dict(held[key])
    return held


def tensors(path: Path, held: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return a state dict all of whose values are tensors; `EnvironmentFailure` names the first that is not."""
    for key, value in held.items():
        if not isinstance(value, Tensor):
            raise EnvironmentFailure(
                f"{path}: {key!r} is {_kind(value)}, not a tensor; is this a state dict?"
            )
    return dict(held)


def without_prefix(state: Mapping[str, Tensor], prefix: str = "module.") -> dict[str, Tensor]:
    """Return the state dict without a prefix that all its keys have; as it is where one lacks it."""
    if not all(key.startswith(prefix) for key in state):
        return dict(state)
    return {key.removeprefix(prefix): tensor for key, tensor in state.items()}


def check_fit(
    where: str | Path, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return the tensors in the order and the types of a network's state dict, each with its own memory.

    Raises
    ------
    EnvironmentFailure
        The first key that is missing, unexpected, of another shape, or that holds values that are not finite.
    """
    extra = next((key for key in state if key not in expected), None)
    for key, tensor in expected.items():
        if key not in state:
            instead = f" but hold {extra!r}" if extra is not None else ""
            raise EnvironmentFailure(
                f"{where}: the weights lack {key!r}{instead}; they are of another network"
            )
        if state[key].shape != tensor.shape:
            raise EnvironmentFailure(
                f"{where}: {key!r} has the shape {tuple(state[key].shape)}, "
                f"the network takes {tuple(tensor.shape)}"
            )
        if problem := _type_problem(state[key], tensor.dtype):
            raise EnvironmentFailure(f"{where}: {key!r} is {problem}")
        if not bool(torch.isfinite(state[key]).all()):
            raise EnvironmentFailure(f"{where}: {key!r} holds values that are not finite")
    if extra is not None:
        raise EnvironmentFailure(f"{where}: the weights hold {extra!r}, which the network does not have")
    return {key: state[key].detach().to(t.dtype, copy=True).contiguous() for key, t in expected.items()}


def _type_problem(found: Tensor, dtype: torch.dtype) -> str:
    """Return what a tensor is that cannot become a plain one of a type without a loss; empty where it can."""
    if found.is_meta or found.layout is not torch.strided or found.is_quantized:
        return "no plain tensor"
    if found.dtype.is_floating_point != dtype.is_floating_point or found.dtype.is_complex:
        kinds = (str(kind).removeprefix("torch.") for kind in (found.dtype, dtype))
        return "{}, the network takes {}".format(*kinds)
    return ""


def _kind(value: object) -> str:
    return f"{'an' if type(value).__name__[0] in 'aeiouAEIOU' else 'a'} {type(value).__name__}"
