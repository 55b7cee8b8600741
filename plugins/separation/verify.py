"""Compares a published network with recorded cases: weights made from the keys, every output against its record."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...pipeline.errors import EnvironmentFailure, FrameError
from ...pipeline.network import NetworkSpec
from .filling import fill
from .inference import computing

TOLERANCE = 1e-5
"""Largest absolute error of a right float32 answer: what other thread counts and libraries move is below half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One case (or list of keys), compared."""

    case: str
    array: str = ""
    """The output with the largest error."""
    error: float = 0.0
    """Largest absolute error; infinite where values are not finite."""
    problem: str = ""
    """What does not fit at all, or empty."""

    def failed(self, tolerance: float = TOLERANCE) -> bool:
        """Return whether something does not fit or an error is past the tolerance."""
        return bool(self.problem) or not self.error <= tolerance


def tolerance_of(spec: NetworkSpec, dtype: str) -> float:
    """Return the largest absolute error that is right for a network in a precision."""
    return TOLERANCE if dtype == "float32" else spec.half_tolerance


def verify(spec: NetworkSpec, folder: Path, device: str = "cpu", dtype: str = "float32") -> Iterator[Check]:
    """Yield the comparison with `keys.json`, where there is one, and with every `case_*.json` of a folder.

    Raises
    ------
    EnvironmentFailure
        The folder has no case, or a file of it cannot be read.
    """
    cases = sorted(folder.glob("case_*.json")) if folder.is_dir() else []
    if not cases:
        raise EnvironmentFailure(f"{folder}: there is no case_*.json in this folder")
    if (folder / "keys.json").is_file():
        yield from check_keys(spec, folder / "keys.json")
    for case in cases:
        yield verify_case(spec, case, device, dtype)


@torch.inference_mode()
def verify_case(spec: NetworkSpec, path: Path, device: str = "cpu", dtype: str = "float32") -> Check:
    """Return how far the network is from one case, a `.json` with the `.npz` of the same name beside it.

    `dtype` is `float32` (TensorFloat-32 is off), or the half precision that autocast goes down to.
    """
    case, arrays = _read_json(path), _read_arrays(path.with_suffix(".npz"))
    variant = str(case.get("net", spec.variants[0]))
    if variant not in spec.variants:
        return Check(case=path.stem, problem=f"{spec.name} has no variant {variant!r}")
    if problem := _input_problem(spec, arrays):
        return Check(case=path.stem, problem=problem)
    network = filled_network(spec, variant, _nets(path, case)).to(device)
    inputs = {name: arrays.pop(name).to(device) for name in spec.inputs}
    try:
        with computing(device, getattr(torch, dtype)):
            found = spec.reference(network, inputs, _hyper(path, case))
    except FrameError as error:
        return Check(case=path.stem, problem=str(error))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:  # torch's, of shapes that do not fit
        first = str(error).partition("\n")[0]
        return Check(case=path.stem, problem=f"the network cannot take its inputs or hyper values ({first})")
    return _compare(path.stem, found, arrays)


def _input_problem(spec: NetworkSpec, arrays: Mapping[str, Tensor]) -> str:
    for name in spec.inputs:
        if name not in arrays:
            return f"the input {name!r} is not in it"
        array = arrays[name]
        if array.ndim != 4 or array.dtype != torch.float32:
            kind = str(array.dtype).removeprefix("torch.")
            return f"the input {name!r} is {tuple(array.shape)} {kind}, expected (N, C, H, W) float32"
    return ""


def filled_network(spec: NetworkSpec, variant: str, nets: Mapping[str, Mapping[str, Any]]) -> nn.Module:
    """Return a network in eval mode whose nets have the weights that a case names (prefix and gain of each)."""
    network = spec.network(variant).eval()
    for name, rule in nets.items():
        part = _part(spec, network, name)
        if part is None:
            raise EnvironmentFailure(f"{spec.name} {variant} has no net {name!r}")
        fill(part, str(rule.get("key_prefix", "")), float(rule.get("gain", 1.0)))
    return network


def check_keys(spec: NetworkSpec, path: Path) -> Iterator[Check]:
    """Yield for every net of `keys.json` that is one of ours whether names, shapes, types, order and
    sharing are the same."""
    nets = _nets_of(path)
    published = [variant for variant in spec.variants if variant not in spec.own]
    for name, net in nets.items():
        for variant in published if name in spec.parts else (name,) if name in published else ():
            part = _part(spec, spec.network(variant), name)
            if part is not None:
                theirs = nets.get(str(net.get("same_as", name)), {})
                label = f"keys of {name}" if variant in ("", name) else f"keys of {name}, {variant}"
                problem = _key_problem(part, theirs.get("keys", [])) or _sharing_problem(part, theirs)
                yield Check(case=label, problem=problem)


def _part(spec: NetworkSpec, network: nn.Module, name: str) -> nn.Module | None:
    """Return the sub-module for the name of a net or of a variant; None where the network has none."""
    if not spec.parts:
        return network
    path = spec.parts.get(name, next(iter(spec.parts.values())) if name in spec.variants else None)
    if path is None:
        return None
    try:
        return network.get_submodule(path)
    except AttributeError:
        return None


def _key_problem(network: nn.Module, expected: list[Any]) -> str:
    ours = [(key, tuple(t.shape), str(t.dtype)) for key, t in network.state_dict().items()]
    theirs = [(str(key), tuple(shape), f"torch.{dtype}") for key, shape, dtype in expected]
    for number, (our, their) in enumerate(zip(ours, theirs, strict=False)):
        if our != their:
            return f"entry {number} is {_entry(our)}, expected {_entry(their)}"
    return "" if len(ours) == len(theirs) else f"{len(ours)} entries, expected {len(theirs)}"


def _sharing_problem(network: nn.Module, net: Mapping[str, Any]) -> str:
    """Return which keys do not share one parameter as those of the published net do; empty where all is well."""
    by_parameter: dict[int, list[str]] = {}
    for key, parameter in network.named_parameters(remove_duplicate=False):
        by_parameter.setdefault(id(parameter), []).append(key)
    ours = {frozenset(keys) for keys in by_parameter.values() if len(keys) > 1}
    theirs = {frozenset(keys) for keys in net.get("shared_parameter_groups", ())}
    different = sorted(min(group) for group in ours ^ theirs)
    return f"{different[0]} shares its parameter with other keys than it should" if different else ""


def _entry(entry: tuple[str, tuple[int, ...], str]) -> str:
    key, shape, dtype = entry
    return f"{key} {list(shape)} {dtype.removeprefix('torch.')}"


def _compare(case: str, found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> Check:
    worst = Check(case=case)
    for name, array in expected.items():
        if name not in found:
            return Check(case=case, array=name, problem=f"the output {name!r} is not given")
        if found[name].shape != array.shape:
            shapes = f"{tuple(found[name].shape)}, expected {tuple(array.shape)}"
            return Check(case=case, array=name, problem=f"{name!r} has the shape {shapes}")
        error = _distance(found[name], array)
        if not worst.array or error > worst.error:
            worst = Check(case=case, array=name, error=error)
    return worst


def _distance(found: Tensor, expected: Tensor) -> float:
    if expected.numel() == 0:
        return 0.0
    distance = float((found.cpu().double() - expected.double()).abs().max())
    return distance if distance == distance else float("inf")


def _nets(path: Path, case: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    nets = case.get("weights", {}).get("nets") if isinstance(case.get("weights"), Mapping) else None
    if not isinstance(nets, Mapping) or not all(isinstance(rule, Mapping) for rule in nets.values()):
        raise EnvironmentFailure(f"{path}: says not how its weights are made (weights.nets)")
    for name, rule in nets.items():
        gain = rule.get("gain", 1.0)
        if not isinstance(gain, int | float) or not math.isfinite(gain):
            raise EnvironmentFailure(f"{path}: weights.nets.{name}.gain: {gain!r} is not a number")
    return dict(nets)


def _hyper(path: Path, case: Mapping[str, Any]) -> Mapping[str, Any]:
    hyper = case.get("hyper", {})
    if not isinstance(hyper, Mapping):
        raise EnvironmentFailure(f"{path}: hyper: expected values by name, found {hyper!r}")
    return hyper


def _nets_of(path: Path) -> dict[str, Mapping[str, Any]]:
    nets = _read_json(path).get("nets")
    if not isinstance(nets, Mapping):
        raise EnvironmentFailure(f"{path}: names no nets")
    for name, net in nets.items():
        if not isinstance(net, Mapping) or not all(_is_key(key) for key in _listed(net, "keys")):
            raise EnvironmentFailure(f"{path}: nets.{name}: expected a list `keys` of [name, shape, type]")
        if not all(isinstance(group, list) for group in _listed(net, "shared_parameter_groups")):
            raise EnvironmentFailure(f"{path}: nets.{name}: expected lists in `shared_parameter_groups`")
    return dict(nets)


def _listed(net: Mapping[str, Any], name: str) -> list[Any]:
    """Return what a net lists under a name; one that cannot be right where it is no list."""
    found = net.get(name, [])
    return found if isinstance(found, list) else [None]


def _is_key(entry: object) -> bool:
    match entry:
        case [str(), [*sizes], str()]:
            return all(isinstance(size, int) for size in sizes)
    return False


def _read_json(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EnvironmentFailure(f"{path}: cannot be read as JSON ({_reason(error)})") from error
    if not isinstance(held, dict):
        raise EnvironmentFailure(f"{path}: expected a JSON object")
    return held


def _read_arrays(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise EnvironmentFailure(f"{path}: cannot be read as arrays (it is not a whole .npz file)")
            file.seek(0)
            with np.load(file, allow_pickle=False) as held:
                return {name: _tensor(held[name]) for name in held.files}
    except (OSError, ValueError, EOFError, TypeError, NotImplementedError, MemoryError) as error:
        raise EnvironmentFailure(f"{path}: cannot be read as arrays ({_reason(error)})") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise EnvironmentFailure(f"{path}: cannot be read as arrays ({_reason(error)})") from error


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    if array.dtype.kind not in "fiub":
        raise ValueError(f"it holds {array.dtype}, not numbers")
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
