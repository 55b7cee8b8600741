"""One process's share of a run: the plan, built once, and frames sent through it."""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Protocol

from .beside import beside
from .develop import Step, develop
from .errors import EnvironmentFailure, FrameError
from .frame import Destination, Frame, Output
from .groups.leaders import Leaders
from .hashing import xxh3
from .naming import Naming
from .plan import Plan, PlannedStage, make_plan
from .receipts import forget, leave, standing
from .recipe.recipe import Recipe
from .registry import Registry, build_registry
from .results import FrameResult, SourceFile, Status, Written
from .resume import Task
from .stage import Stage
from .url import is_url


class FrameMaker(Protocol):
    """What is ready in a process to make frames."""

    def frame(self, task: Task) -> FrameResult:
        """Make a frame; one that fails is a result too."""
        ...


class WorkerTask(Protocol):
    """What worker processes are sent, once: small, and what each of them makes its frames with."""

    @property
    def output(self) -> Path:
        """Output folder, absolute."""
        ...

    def bench(self, device: str, threads: int = 1) -> FrameMaker:
        """Get ready in this process; `UnveilError` where weights, a plugin or the device are missing.

        `threads` is how many of its threads will make frames at once.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a run does with every frame; small, and can be sent to another process."""

    recipe: Recipe
    output: Path
    """Output folder, absolute."""
    max_memory: int | None = None
    """Bytes that a network may take; None: what it finds free."""
    debug: bool = False
    """Keep the traceback of failed frames."""
    receipts: bool = False
    """Leave a receipt of every frame, which whoever takes the results removes: see `receipts`."""
    plan: str = ""
    """Hash that the plan must have where it is built; empty: whatever it is."""

    def bench(self, device: str, threads: int = 1) -> Bench:
        """Build the plan; `UnveilError` where weights, a plugin or the device are missing or others."""
        return Bench(self, device, threads)


class Bench:
    """A built plan, ready for frames."""

    def __init__(self, work: Work, device: str, threads: int = 1) -> None:
        """Build the stages; `UnveilError` where weights, a plugin or the device are missing or others."""
        self.work = work
        self.registry = build_registry()
        self.plan = make_plan(work.recipe, self.registry, device)
        if work.plan and work.plan != self.plan.hash:
            raise EnvironmentFailure(
                f"{socket.gethostname()} has other versions of unveil, its plugins or its weights than the machine "
                "that started the run; install the same on both"
            )
        self.steps = self.plan.build(work.max_memory)
        if threads > 1:
            self.steps = in_turns(self.plan, self.steps)
        self.hashes = self.plan.file_hashes()
        self.leaders = Leaders(
            self.plan, self.steps, source_file, self.work.output if self.work.receipts else None
        )

    def frame(self, task: Task) -> FrameResult:
        """Develop one frame; a frame that fails is a result too, and only interruptions are raised."""
        if self.work.receipts and (before := standing(self.work.output, str(task.source))):
            return before  # made by a worker that died before it could say so
        destination = Destination(folder=self.work.output, overwrite=task.overwrite, naming=task.naming)
        result = self.made(task, Path(task.source), destination, self._receipted)
        if self.work.receipts and result.status is Status.FAILED:
            forget(self.work.output, result.source)
        return result

    def made(
        self,
        task: Task,
        source: Path,
        destination: Destination,
        seal: Callable[[FrameResult], FrameResult],
        url: str = "",
    ) -> FrameResult:
        """Develop the frame of a task from a file of this machine.

        `seal` is called with the result of a good frame before its files get their names, and may add to it; `url` is
        where the file was fetched from.
        """
        # A stage that writes beside its work, as a record, does that work again: the others need it.
        only_write = {i for i, stage in enumerate(self.plan.stages) if stage.spec.outputs is not None}
        kept = [index for index in range(len(self.steps)) if index not in task.without & only_write]
        way = self.leaders.way(source, task.member)
        result = result_of(
            lambda: [way.steps[index] for index in kept],
            self.registry,
            source,
            destination,
            self.plan.device,
            self.work.debug,
            lambda finished: seal(way.sealed(self._sealed(finished, kept, task.called()))),
            url,
        )
        self.leaders.learn(way, result)
        return replace(result, plan=self.plan.hash, sequence=task.called().sequence)

    def _receipted(self, result: FrameResult) -> FrameResult:
        """Leave a receipt of a frame that has files."""
        if self.work.receipts and result.outputs:
            leave(self.work.output, result)
        return result

    def _sealed(self, result: FrameResult, kept: Sequence[int], naming: Naming) -> FrameResult:
        """Return the result with the hashes of what decides its files."""
        # Stages write in order, each its own.
        writers = [index for index in self.plan.files(naming) if index in kept]
        outputs = tuple(
            replace(written, made_by=self.hashes[index])
            for written, index in zip(result.outputs, writers, strict=bool(result.outputs))
        )
        read_too = "" if is_url(result.source) else beside(self.plan, Path(result.source))
        return replace(
            result, plan=self.plan.hash, outputs=outputs, sequence=naming.sequence, beside=read_too
        )


def in_turns(plan: Plan, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps such that of several threads one computes, while others may read and write files."""
    lock = Lock()

    def alone(stage: Stage) -> Stage:
        def run(frame: Frame) -> Frame:
            with lock:
                return stage(frame)

        return run

    def works_on_files(planned: PlannedStage) -> bool:
        return None in planned.spec.routes or planned.spec.outputs is not None

    return tuple(
        step if works_on_files(planned) else (step[0], step[1], alone(step[2]))
        for planned, step in zip(plan.stages, steps, strict=True)
    )


def result_of(
    steps: Callable[[], Sequence[Step]],
    registry: Registry,
    source: Path,
    destination: Destination,
    device: str,
    debug: bool = False,
    sealed: Callable[[FrameResult], FrameResult] = lambda result: result,
    url: str = "",
) -> FrameResult:
    """Develop a frame by the stages that `steps` gives; whatever fails with a `FrameError` is a result too.

    `sealed` is called with the result of a good frame, before its files get their names, and may add to it. `url` is
    where the source was fetched from, which stands for it in the result.
    """
    started = perf_counter()
    results: list[FrameResult] = []

    def seal(frame: Frame) -> None:
        results.append(sealed(_done(frame, destination.folder, started, device)))

    try:
        frame = develop(steps(), registry, source, destination, device, seal, url)
    except FrameError as error:
        return failed(url or str(source), error, started, device, debug)
    return replace(results[0], trail=frame.trail, seconds=_since(started))


def failed(source: str, error: FrameError, started: float, device: str, debug: bool = False) -> FrameResult:
    """Return the result of a frame that failed; `started` is what `perf_counter` said then."""
    return FrameResult(
        source=source,
        status=Status.FAILED,
        reason=str(error),
        seconds=_since(started),
        device=device,
        worker=_worker(),
        finished=_now(),
        traceback="".join(traceback.format_exception(error)) if debug else "",
    )


def _done(frame: Frame, folder: Path, started: float, device: str) -> FrameResult:
    """Return the result of a finished frame whose files do not have their names yet."""
    return FrameResult(
        source=frame.url or str(frame.source),
        status=Status.DONE,
        outputs=tuple(_file(output, folder) for output in frame.outputs),
        source_file=source_file(frame.source),
        seconds=_since(started),
        device=device,
        worker=_worker(),
        finished=_now(),
        trail=frame.trail,
        scores=dict(frame.scores),
    )


def _since(started: float) -> float:
    return round(perf_counter() - started, 3)


def source_file(source: Path) -> SourceFile:
    """Return a source's size, time of change and hash; `FrameError` where it cannot be read."""
    try:
        status = source.stat()
        return SourceFile(size=status.st_size, changed=status.st_mtime_ns, xxh3=xxh3(source))
    except OSError as error:
        raise FrameError(f"{source}: cannot be read any more: {error.strerror}") from error


def _worker() -> str:
    return f"{os.getpid()}@{socket.gethostname()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _file(output: Output, folder: Path) -> Written:
    status = output.temporary.stat()  # a rename changes neither size nor time
    return Written(
        path=output.final.relative_to(folder).as_posix(),
        role=output.role,
        size=status.st_size,
        changed=status.st_mtime_ns,
        xxh3=xxh3(output.temporary),
    )


def run_here(work: WorkerTask, tasks: Iterable[Task], device: str) -> Iterator[FrameResult]:
    """Develop frames one after another in this process; `UnveilError` where the plan cannot be built."""
    bench = work.bench(device)
    yield from map(bench.frame, tasks)
