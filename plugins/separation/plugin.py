"""The `separate` stage as a plugin. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...pipeline.errors import FrameError
from ...pipeline.frame import Space
from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import Domain, Method, MethodSpec
from ...pipeline.naming import Naming
from ...pipeline.stage import Parameters, Stage, StageContext, StageSpec
from .parameters import Separate, record_name

if TYPE_CHECKING:
    from .record import Recorder

_TAKES = (Space.CFA_LINEAR, Space.CAMERA_RGB, Space.LINEAR_RGB, Space.DISPLAY_RGB)


def _separate(parameters: Separate, context: StageContext) -> Stage:
    from .look import Memory
    from .separate import SeparateStage

    spec: MethodSpec = context.method(parameters.method)
    own = _own(parameters, spec)
    if spec.fits is not None:
        spec = replace(spec, fit=spec.fits(own))

    def build(device: str) -> Method:
        return spec.build(own, device)

    memory = Memory(device=context.device, limit=context.max_memory, build=build)
    return SeparateStage(
        parameters,
        spec,
        build(context.device),
        memory,
        _recorder(parameters, context),
        weights=spec.loads(own) if spec.loads else (),
    )


def _own(parameters: Separate, spec: MethodSpec) -> Parameters:
    """Return the method's parameters, the usual ones where the recipe gives none."""
    return parameters if isinstance(parameters, spec.parameters) else spec.parameters()


def _loads(parameters: Separate, method: Callable[[str], MethodSpec]) -> Sequence[Path]:
    spec = method(parameters.method)
    return spec.loads(_own(parameters, spec)) if spec.loads else ()


def _again(parameters: Separate, context: StageContext, record: Path) -> Stage:
    from .again import AgainStage

    spec: MethodSpec = context.method(parameters.method)
    return AgainStage(parameters, spec, record, _recorder(parameters, context))


def _recorder(parameters: Separate, context: StageContext) -> Recorder | None:
    from .record import Recorder

    if parameters.record is None:
        return None
    return Recorder(
        name=parameters.record, recipe=context.recipe, place=context.place, method=parameters.method
    )


def _records(parameters: Separate, naming: Naming) -> str:
    return record_name(parameters.record, naming) if parameters.record is not None else ""


def _refuses(
    parameters: Separate, method: Callable[[str], MethodSpec], spaces: frozenset[Space | None]
) -> list[str]:
    spec = method(parameters.method)
    found = []
    if spec.domain is Domain.RAW_DISPLAY and Space.CFA_LINEAR not in spaces:
        found.append(f"the method {spec.name!r} looks at the mosaic; put 'separate' right after 'linearize'")
    if spec.domain is Domain.RAW_DISPLAY and parameters.domain != "auto":
        found.append(f"the method {spec.name!r} is shown mosaic and picture together; leave out 'domain'")
    if "confidence" in parameters.keep and "confidence" not in spec.gives:
        found.append(f"the method {spec.name!r} gives no confidence; take it out of 'keep'")
    if "residual" in parameters.keep and spec.domain is Domain.RAW_DISPLAY:
        found.append(
            f"the method {spec.name!r} gives its reflection as a picture and not as sensor light, so there is no "
            "residual; take it out of 'keep'"
        )
    elif "residual" in parameters.keep and "reflection" not in spec.gives:
        found.append(
            f"the method {spec.name!r} gives no reflection of its own, so there is no residual; take it out of 'keep'"
        )
    return found


def _companions(parameters: Separate, source: Path) -> Sequence[Path]:
    """Return the mask of a source, and the camera's JPEG beside a RAW file for methods that are shown it."""
    found: list[Path] = []
    with suppress(OSError, FrameError):
        if parameters.mask is not None:
            from .mask import find_mask

            found.append(find_mask(parameters.mask, source))
    with suppress(OSError):
        if getattr(parameters, "picture", "") == "beside":
            from ...isp.decode.preview import camera_jpegs

            found += camera_jpegs(source)
    return found


@hookimpl
def unveil_stages() -> Iterable[StageSpec]:
    """Offer `separate`."""
    yield StageSpec(
        name="separate",
        summary="take the reflection out with a method, in linear light",
        parameters=Separate,
        routes={space: frozenset({space}) for space in _TAKES},
        build=_separate,
        records=_records,
        again=_again,
        decides=lambda parameters: True,
        keeps=lambda parameters: frozenset(parameters.keep),
        refuses=_refuses,
        loads=_loads,
        companions=_companions,
    )
