"""One variant of a comparison: the frame through its plan, and what there is to be seen of it then."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from ..pipeline.develop import develop, run_step, sentence
from ..pipeline.errors import EnvironmentFailure, FrameError, UnveilError
from ..pipeline.frame import Destination, Frame, Space
from ..pipeline.plan import Plan, PlannedStage
from ..pipeline.results import FrameResult, Status, Written
from ..pipeline.shown import shown
from ..pipeline.single import build_stage
from .pictures import Difference, Likeness, Picture, fitted, srgb
from .variants import KEPT, Settled, Variant

SMALL = 1024
"""Long side of the whole pictures on the page."""
NEXT = {
    Space.CFA: "linearize",
    Space.CFA_LINEAR: "demosaic",
    Space.CAMERA_RGB: "colour",
    Space.LINEAR_RGB: "tone",
}
"""For a recipe that ends before the display, e.g. with a DNG: what its frame goes through to be looked at."""


@dataclass(slots=True, kw_only=True)
class Looks:
    """What there is to be seen of a developed frame."""

    picture: Picture
    size: tuple[int, int]
    """Height and width as developed."""
    came: Picture | None = None
    """The frame before its first separation, in the colours and exposure of the picture."""
    reflection: Picture | None = None
    """Small: what was found, whatever the strength it is subtracted at."""
    added: tuple[str, ...] = ()
    """Stages that were added to look at a frame that its recipe leaves before the display."""


@dataclass(slots=True, kw_only=True)
class Column:
    """A variant and what came of it."""

    variant: Variant
    result: FrameResult
    """Its outputs are relative to the folder of the whole comparison."""
    looks: Looks | None = None
    """None where it failed."""
    unbuilt: bool = False
    """It failed because the machine lacks something, e.g. weights."""
    to_first: Difference | None = None
    """To the first variant that was developed; None for that itself."""
    to_truth: Likeness | None = None


def develop_variant(variant: Variant, settled: Settled) -> Column:
    """Send the frame through a variant's plan; one that cannot be built or fails is a column too."""
    plan = variant.plan
    started = perf_counter()
    try:
        steps = plan.build(settled.max_memory)
        started = perf_counter()
        destination = Destination(folder=settled.output / variant.name, overwrite=settled.overwrite)
        frame = develop(steps, plan.registry, settled.source, destination, plan.device)
        result = _done(frame, settled, plan.device, perf_counter() - started)
        return Column(variant=variant, result=result, looks=look(frame, plan))
    except UnveilError as error:
        result = _failed(settled.source, plan.device, perf_counter() - started, error)
        return Column(variant=variant, result=result, unbuilt=isinstance(error, EnvironmentFailure))


def look(frame: Frame, plan: Plan) -> Looks:
    """Return what is to be seen of a developed frame (`FrameError`)."""
    added: list[str] = []
    while frame.space is not None and frame.space in NEXT:
        added.append(NEXT[frame.space])
        frame = run_step(
            build_stage(plan.registry, added[-1], plan.device), plan.registry, frame, plan.device
        )
    picture = srgb(frame.image(), frame)
    layers = {name: srgb(layer, frame) for name, layer in frame.layers.items() if name in KEPT}
    return Looks(
        picture=picture,
        size=(picture.shape[0], picture.shape[1]),
        came=layers.get("blended"),
        reflection=fitted(layers["reflection"], SMALL) if "reflection" in layers else None,
        added=tuple(added),
    )


def develop_truth(settled: Settled) -> Picture | None:
    """Develop the truth, if there is one, by the first recipe without its separation; nothing is written.

    Raises
    ------
    FrameError
        The frame or the truth cannot be read, or the truth has another size.
    """
    plan, truth = settled.variants[0].plan, settled.truth
    size = _opened(plan, settled.source)
    if truth is None:
        return None
    if (other := _opened(plan, truth)) != size:
        raise FrameError(
            f"{shown(truth)}: the truth is {other[1]} x {other[0]}, but the frame is {size[1]} x {size[0]}; "
            "give the same scene at the same size"
        )
    kept = [s for s in plan.stages if s.spec.outputs is None and not hasattr(s.parameters, "method")]
    return look(_through(kept, plan, truth), plan).picture


def _opened(plan: Plan, path: Path) -> tuple[int, int]:
    """Return height and width, upright, of a file that the first stage of a plan can read (`FrameError`)."""
    frame = _through(plan.stages[:1], plan, path)
    height, width = frame.image().shape[-2:]
    return (width, height) if frame.metadata.orientation >= 5 else (height, width)


def _through(stages: Sequence[PlannedStage], plan: Plan, path: Path) -> Frame:
    """Send a file through some stages of a plan, those that take it as it is then (`FrameError`)."""
    frame = Frame(source=path)
    try:
        for stage in stages:
            if frame.space in stage.spec.routes:
                step = build_stage(plan.registry, stage.name, plan.device, **stage.parameters.model_dump())
                frame = run_step(step, plan.registry, frame, plan.device)
    except FrameError as error:
        raise FrameError(sentence(path, error)) from error
    return frame


def _done(frame: Frame, settled: Settled, device: str, seconds: float) -> FrameResult:
    written = (
        Written(
            path=output.final.relative_to(settled.output).as_posix(),
            role=output.role,
            size=output.final.stat().st_size,
        )
        for output in frame.outputs
    )
    return FrameResult(
        source=str(settled.source),
        status=Status.DONE,
        outputs=tuple(written),
        seconds=round(seconds, 3),
        device=device,
        trail=frame.trail,
        scores=dict(frame.scores),
    )


def _failed(source: Path, device: str, seconds: float, error: UnveilError) -> FrameResult:
    return FrameResult(
        source=str(source),
        status=Status.FAILED,
        reason="; ".join(str(error).split("\n")),
        seconds=round(seconds, 3),
        device=device,
        traceback="".join(traceback.format_exception(error)),
    )
