"""Hashes of what decides a result: stages, parameters, weights, and the plugins with their versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import UnveilError
from .hashing import sha256_once
from .recipe.check import METHOD_STAGE
from .registry import Registry
from .stage import Parameters

Stages = Sequence[tuple[str, Parameters]]


def plan_hash(stages: Stages, registry: Registry) -> str:
    """Return the SHA-256 (hex) of what decides the results of a chain of stages; see `plan.Plan.hash`."""
    return _hash([_facts(name, parameters, registry) for name, parameters in stages])


def file_hashes(stages: Stages, registry: Registry) -> Mapping[int, str]:
    """Return the SHA-256 (hex) of what decides each file that a chain of stages may write, by the stage's index.

    That is the stage itself and what stands before it, without the stages that only write: a file stays what it is when
    another is added, left out or written otherwise.
    """
    before: list[list[Any]] = []
    hashes: dict[int, str] = {}
    for index, (name, parameters) in enumerate(stages):
        facts, spec = _facts(name, parameters, registry), registry.stage(name)
        if spec.outputs is not None or spec.records is not None:
            hashes[index] = _hash([*before, facts])
        if spec.outputs is None:
            before.append(facts)
    return hashes


def _facts(name: str, parameters: Parameters, registry: Registry) -> list[Any]:
    return [
        name,
        str(registry.origin(name)),
        parameters.model_dump(mode="json"),
        _method(name, parameters, registry),
        _weights(name, parameters, registry),
    ]


def _hash(rows: list[list[Any]]) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def _method(stage: str, parameters: Parameters, registry: Registry) -> str:
    name = getattr(parameters, "method", None)
    if stage != METHOD_STAGE or name not in registry.methods:
        return ""
    return str(registry.origin(str(name), "method"))


def _weights(stage: str, parameters: Parameters, registry: Registry) -> list[str]:
    """Return the hashes of the weights that a stage would load, none where they are missing: building says so."""
    loads = registry.stage(stage).loads
    try:
        return [sha256_once(path) for path in loads(parameters, registry.method)] if loads else []
    except (UnveilError, OSError):
        return []
