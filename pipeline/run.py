"""A whole run: sources through a recipe into a folder, with its ledger and, if wanted, its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from .errors import RecipeError
from .inputs import find_sources, leave_jpegs_of_raws, leave_out
from .ledger import read_ledger, write_ledger
from .memory import free_memory
from .plan import Plan
from .results import FrameResult, Status
from .shoot import Shoot, make_folder, settle
from .shown import shown
from .work import Work, run_here

Each = Callable[[FrameResult], None]
"""Called with every result as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run."""

    output: Path
    overwrite: bool = False
    jobs: int | None = None
    """Worker processes; None: what suits the machine; 0: none, everything in this process."""
    max_memory: int | None = None
    """Bytes that the networks of all workers may take together; None: half of what is free."""
    debug: bool = False
    report: bool = False


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of a run so far."""

    total: int
    """Frames of the run, done or not."""
    results: list[FrameResult] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0
    page: Path | None = None

    def counts(self) -> Counter[Status]:
        """Return the number of frames of each status."""
        return Counter(result.status for result in self.results)

    def exit_status(self) -> int:
        """Return 130 where the run was interrupted, 1 where a frame failed, else 0."""
        if self.interrupted:
            return 130
        return 1 if self.counts()[Status.FAILED] else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that is settled and may begin."""

    plan: Plan
    options: Options
    shoot: Shoot
    left_out: tuple[Path, ...]
    """Inputs that are results of an earlier run into the same folder."""
    beside_raw: tuple[Path, ...]
    """Inputs that are the camera's JPEG of a RAW that is an input too; the RAW is developed."""


def prepare(plan: Plan, inputs: Sequence[str | Path], options: Options) -> Prepared:
    """Find the sources, make the output folder and settle what will be done.

    Raises
    ------
    RecipeError
        Inputs that are not there, or whose results would be in each other's way.
    EnvironmentFailure
        The output folder cannot be used.
    """
    sources = find_sources(inputs)
    ledger = read_ledger(options.output)
    earlier = [Path(written.path) for result in ledger.values() for written in result.outputs]
    kept, left = leave_out(sources, options.output, earlier)
    if not kept:
        raise RecipeError(
            f"every input is a result of an earlier run into {shown(options.output)}; "
            "to process results again give another output folder"
        )
    kept, jpegs = leave_jpegs_of_raws(kept)
    shoot = settle(kept, plan.outputs, options.output, options.overwrite)
    make_folder(options.output)
    return Prepared(plan=plan, options=options, shoot=shoot, left_out=left, beside_raw=jpegs)


def execute(prepared: Prepared, each: Each) -> Tally:
    """Run the frames; call `each` with every result as it comes, skipped frames first.

    An interruption ends the run and is told in the tally. Whatever happens, what was done is in the ledger.

    Raises
    ------
    UnveilError
        The plan cannot be built, or ledger or page cannot be written.
    """
    shoot, options, started = prepared.shoot, prepared.options, monotonic()
    tally = Tally(total=shoot.total())
    try:
        with closing(_results(prepared)) as results:
            for result in results:
                tally.results.append(result)
                each(result)
    except KeyboardInterrupt:
        tally.interrupted = True
    finally:
        tally.seconds = round(monotonic() - started, 3)
        known = write_ledger(options.output, tally.results)
    if options.report:
        tally.page = _page(prepared, known.values(), tally.results)
    return tally


def _results(prepared: Prepared) -> Generator[FrameResult, None, None]:
    """Yield the skipped frames, then the others as they are done."""
    yield from prepared.shoot.skipped
    todo, options, plan = prepared.shoot.todo, prepared.options, prepared.plan
    if not todo:
        return
    work = Work(
        recipe=plan.recipe,
        output=options.output.resolve(),
        device=plan.device,
        overwrite=options.overwrite,
        max_memory=options.max_memory,
        debug=options.debug,
    )
    if options.jobs == 0:
        yield from run_here(work, todo)
        return
    from .batch import default_jobs, run_cluster

    jobs = min(options.jobs, len(todo)) if options.jobs else default_jobs(len(todo), plan.device)
    yield from run_cluster(_shared(work, jobs), todo, jobs, lambda source: plan.outputs(source.stem))


def _shared(work: Work, jobs: int) -> Work:
    """Give each of several workers its part of the memory."""
    if jobs == 1:
        return work
    together = work.max_memory or free_memory(work.device) // 2
    return replace(work, max_memory=together // jobs)


def _page(prepared: Prepared, known: Iterable[FrameResult], results: Iterable[FrameResult]) -> Path:
    from .report import write_report

    return write_report(prepared.options.output, known, prepared.plan.recipe.name)
