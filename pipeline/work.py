"""One process's share of a run: the plan, built once, and frames sent through it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Protocol

from .develop import Step, develop
from .errors import FrameError
from .frame import Destination, Frame
from .plan import make_plan
from .recipe.recipe import Recipe
from .registry import Registry, build_registry
from .results import FrameResult, Status, Written


class FrameMaker(Protocol):
    """What is ready in a process to make frames."""

    def frame(self, source: Path) -> FrameResult:
        """Make the frame of a source, or of what stands for it; a frame that fails is a result too."""
        ...


class WorkerTask(Protocol):
    """What worker processes are sent, once: small, and what each of them makes its frames with."""

    @property
    def output(self) -> Path:
        """Output folder, absolute."""
        ...

    def bench(self) -> FrameMaker:
        """Get ready in this process; `UnveilError` where weights, a plugin or the device are missing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a run does with every frame; small, and can be sent to another process."""

    recipe: Recipe
    output: Path
    """Output folder, absolute."""
    device: str
    """Torch device, e.g. `cpu` or `cuda:0`."""
    overwrite: bool = False
    max_memory: int | None = None
    """Bytes that a network may take; None: what it finds free."""
    debug: bool = False
    """Keep the traceback of failed frames."""

    def bench(self) -> Bench:
        """Build the plan; `UnveilError` where weights, a plugin or the device are missing."""
        return Bench(self)


class Bench:
    """A built plan, ready for frames."""

    def __init__(self, work: Work) -> None:
        """Build the stages; `UnveilError` where weights, a plugin or the device are missing."""
        self.work = work
        self.registry = build_registry()
        self.steps = make_plan(work.recipe, self.registry, work.device).build(work.max_memory)

    def frame(self, source: Path) -> FrameResult:
        """Develop one frame; a frame that fails is a result too, and only interruptions are raised."""
        destination = Destination(folder=self.work.output, overwrite=self.work.overwrite)
        work = self.work
        return result_of(lambda: self.steps, self.registry, source, destination, work.device, work.debug)


def result_of(
    steps: Callable[[], Sequence[Step]],
    registry: Registry,
    source: Path,
    destination: Destination,
    device: str,
    debug: bool = False,
) -> FrameResult:
    """Develop a frame by the stages that `steps` gives; whatever fails with a `FrameError` is a result too."""
    started = perf_counter()
    try:
        frame = develop(steps(), registry, source, destination, device)
    except FrameError as error:
        return FrameResult(
            source=str(source),
            status=Status.FAILED,
            reason=str(error),
            seconds=_since(started),
            device=device,
            traceback="".join(traceback.format_exception(error)) if debug else "",
        )
    return FrameResult(
        source=str(source),
        status=Status.DONE,
        outputs=_written(frame, destination.folder),
        seconds=_since(started),
        device=device,
        trail=frame.trail,
        scores=dict(frame.scores),
    )


def _since(started: float) -> float:
    return round(perf_counter() - started, 3)


def _written(frame: Frame, folder: Path) -> tuple[Written, ...]:
    return tuple(
        Written(
            path=output.final.relative_to(folder).as_posix(),
            role=output.role,
            size=output.final.stat().st_size,
        )
        for output in frame.outputs
    )


def run_here(work: Work, sources: Iterable[Path]) -> Iterator[FrameResult]:
    """Develop frames one after another in this process; `UnveilError` where the plan cannot be built."""
    bench = Bench(work)
    yield from map(bench.frame, sources)
