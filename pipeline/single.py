"""One stage on its own, without a recipe around it."""

from __future__ import annotations

from typing import Any

from .develop import Step
from .registry import Registry
from .stage import StageContext


def build_stage(registry: Registry, name: str, device: str, **parameters: Any) -> Step:
    """Return the stage of that name with its parameters, built.

    Raises
    ------
    RecipeError
        There is no such stage.
    EnvironmentFailure
        Weights that it needs are missing.
    """
    spec = registry.stage(name)
    checked = spec.parameters.model_validate(parameters)
    return name, checked, spec.build(checked, StageContext(device=device, method=registry.method))
