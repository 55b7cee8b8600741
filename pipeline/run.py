"""A whole run: sources through a recipe into a folder, with its ledger and, if wanted, its page."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic

from .beside import beside
from .errors import RecipeError
from .existing import Existing
from .groups.group import Grouping
from .groups.settle import leaders_first, settle_groups
from .inputs import P, find_sources, leave_jpegs_of_raws, leave_out
from .ledger import Ledger, reading, writing
from .memory import share_of_memory
from .plan import Plan
from .receipts import Entered
from .recipe.check import METHOD_STAGE
from .results import FrameResult, Status
from .resume import Wanted
from .shoot import Shoot, settle_run
from .shown import shown
from .store import Ends, LocalStore, check_home, note_results
from .tally import Each, Tally
from .url import Place, Url, absolute, is_url
from .work import Work, run_here


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run."""

    output: Place
    ledger: Path | None = None
    """Folder of the ledger; None: the output folder."""
    existing: Existing = Existing.SKIP
    job: str = ""
    """What stands for `{job}` in names."""
    group: Grouping | None = None
    """Which frames are developed alike; None: as the recipe says."""
    retry_failed: bool = False
    """Only frames that failed before."""
    jobs: int | None = None
    """Worker processes; None: what suits the machine; 0: none, everything in this process."""
    scheduler: str = ""
    """Address of a dask scheduler whose workers are to be used."""
    dashboard: str = ""
    """Where dask's dashboard is shown, as `dashboard.dashboard_address` gives it; empty: nowhere."""
    max_memory: int | None = None
    """Bytes that the networks of all workers may take together; None: half of what is free."""
    debug: bool = False
    report: bool = False

    @property
    def home(self) -> Path:
        """Folder of the ledger (`RecipeError` where there is none)."""
        if self.ledger is None and isinstance(self.output, Url):
            raise RecipeError(
                "results that go elsewhere have their ledger in a folder of this machine: give one with --ledger"
            )
        return self.ledger or Path(self.output)


@dataclass(slots=True, kw_only=True)
class Prepared:
    """A run that is settled and may begin, once."""

    plan: Plan
    options: Options
    shoot: Shoot
    ends: Ends
    """What it reads and where it writes."""
    left_out: tuple[Place, ...]
    """Inputs that are results of an earlier run into the same folder."""
    beside_raw: tuple[Place, ...]
    """Inputs that are the camera's JPEG of a RAW that is an input too; the RAW is developed."""


def prepare(plan: Plan, inputs: Sequence[str | Path], options: Options) -> Prepared:
    """Find the sources, make the output folder and settle what will be done.

    Raises
    ------
    RecipeError
        Inputs that are not there, or whose results would be in each other's way.
    EnvironmentFailure
        The output folder or its ledger cannot be used.
    """
    ends = _ends(inputs, options)
    options = replace(options, output=ends.output)
    check_home(options.home, options.output)
    ends.store.recover()
    with reading(options.home) as ledger:
        earlier = [Path(name) for name in ledger.outputs()] if ledger else []
        kept, left = leave_out(ends.sources, options.output, earlier)
        if not kept:
            raise RecipeError(
                f"every input is a result of an earlier run into {shown(options.output)}; "
                "to process results again give another output folder"
            )
        kept, jpegs = leave_jpegs_of_raws(kept)
        members = settle_groups(kept, plan.registry, options.group or plan.recipe.group)
        if options.retry_failed:
            kept = _failed(kept, ledger, options.output)
        wanted = Wanted(
            folder=options.output,
            hashes=plan.file_hashes(),
            existing=options.existing,
            members=members,
            shelf=ends.store,
            is_same=ends.is_same,
            beside=partial(beside, plan),
        )
        shoot = settle_run(kept, plan, wanted, ledger, options.job, ends.at_hand)
        shoot = replace(shoot, todo=leaders_first(shoot.todo))
    ends.store.make()
    return Prepared(plan=plan, options=options, shoot=shoot, ends=ends, left_out=left, beside_raw=jpegs)


def _ends(inputs: Sequence[str | Path], options: Options) -> Ends:
    """Find the sources, here or elsewhere."""
    home = options.home
    if options.report and isinstance(options.output, Url):
        raise RecipeError("--report makes a page beside the results, which cannot be elsewhere; leave it out")
    if not (isinstance(options.output, Url) or any(map(is_url, inputs))):
        return Ends(
            sources=find_sources(inputs), store=LocalStore(Path(options.output), home), output=options.output
        )
    from .remote import remote_ends

    return remote_ends(inputs, options.output, home, options.jobs)


def execute(prepared: Prepared, each: Each) -> Tally:
    """Run the frames; call `each` with every result as it comes, skipped frames first.

    An interruption ends the run and is told in the tally. Whatever happens, what was done is in the ledger.

    Raises
    ------
    UnveilError
        The plan cannot be built, another run writes into the folder, or ledger or page cannot be written.
    """
    options, store, started = prepared.options, prepared.ends.store, monotonic()
    tally = Tally(total=prepared.shoot.total())
    current = frozenset(prepared.plan.file_hashes().values())
    with ExitStack() as stack:
        stack.enter_context(store.held())
        ledger = stack.enter_context(writing(options.home))
        entered = Entered(store.forget, ledger)
        note_results(options.home, options.output)
        _sweep(prepared)
        try:
            with closing(_results(prepared)) as results:
                for result in results:
                    ledger.add(result, current)
                    entered.add(result.source)
                    tally.add(result)
                    each(result)
        except KeyboardInterrupt:
            tally.interrupted = True
        finally:
            tally.seconds = round(monotonic() - started, 3)
            entered.remove()
            store.adopt(ledger)
        if options.report:
            tally.page = _page(prepared, ledger)
    return tally


def _sweep(prepared: Prepared) -> None:
    """Remove the temporary files that a killed run has left of the frames that are to be made."""
    plan = prepared.plan
    prepared.ends.store.sweep(name for task in prepared.shoot.todo for name in plan.outputs(task.called()))


def _failed(sources: Sequence[P], ledger: Ledger | None, folder: Place) -> tuple[P, ...]:
    known = {result.source for result in ledger.frames(Status.FAILED)} if ledger else set()
    found = tuple(source for source in sources if str(absolute(source)) in known)
    if not found:
        raise RecipeError(
            f"none of the inputs failed in an earlier run into {shown(folder)}; leave out --retry-failed"
        )
    return found


def _results(prepared: Prepared) -> Generator[FrameResult, None, None]:
    """Yield the skipped frames, then the others as they are done."""
    yield from prepared.shoot.skipped
    todo, options, plan = prepared.shoot.todo, prepared.options, prepared.plan
    if not todo:
        return
    work = Work(
        recipe=plan.recipe,
        output=(options.home if isinstance(options.output, Url) else options.output).resolve(),
        max_memory=options.max_memory,
        debug=options.debug,
        receipts=True,
    )
    if options.jobs == 0:
        yield from run_here(prepared.ends.work(work), todo, plan.device)
        return
    from .batch import Places, default_places, frame_bytes, run_cluster, say_if_tight

    on_gpu = any(stage.name == METHOD_STAGE for stage in plan.stages)  # it has the networks
    if options.scheduler:
        places = Places(scheduler=options.scheduler, devices=("auto",), on_gpu=on_gpu)
        work = replace(work, plan=plan.hash)
    else:
        need = frame_bytes(plan, [task.source for task in todo if isinstance(task.source, Path)])
        places = default_places(len(todo), plan.device, options.jobs, need)
        say_if_tight(places, need)
        places = replace(places, dashboard=options.dashboard, on_gpu=on_gpu)
        work = replace(work, max_memory=share_of_memory(options.max_memory, plan.device, places.processes))
    yield from run_cluster(prepared.ends.work(work), todo, places, lambda task: plan.outputs(task.called()))


def _page(prepared: Prepared, ledger: Ledger) -> Path:
    from .report import write_report

    return write_report(Path(prepared.options.output), ledger.frames(), prepared.plan.recipe.name)
