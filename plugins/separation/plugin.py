"""The `separate` stage as a plugin. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable

from ...pipeline.frame import Space
from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import MethodSpec
from ...pipeline.stage import Stage, StageContext, StageSpec
from .parameters import Separate

_TAKES = (Space.CFA_LINEAR, Space.CAMERA_RGB, Space.LINEAR_RGB, Space.DISPLAY_RGB)


def _separate(parameters: Separate, context: StageContext) -> Stage:
    from .separate import SeparateStage

    spec: MethodSpec = context.method(parameters.method)
    options = spec.parameters.model_validate(parameters.options)
    return SeparateStage(parameters, spec, spec.build(options, context.device))


@hookimpl
def unveil_stages() -> Iterable[StageSpec]:
    """Offer `separate`."""
    yield StageSpec(
        name="separate",
        summary="take the reflection out with a method, in linear light",
        parameters=Separate,
        routes={space: frozenset({space}) for space in _TAKES},
        build=_separate,
        keeps=lambda parameters: frozenset(parameters.keep),
    )
