"""Frames mixed again: the recipe of a record once more, what was found from the record, and no network."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from ..develop import Step
from ..errors import FrameError, RecipeError
from ..frame import Destination, Frame
from ..ledger import write_ledger
from ..plan import Plan, make_plan
from ..recipe.check import METHOD_STAGE
from ..recipe.recipe import Recipe, parse_recipe
from ..registry import Registry
from ..results import FrameResult
from ..run import Each, Tally
from ..shoot import make_folder, settle
from ..shown import shown
from ..suggest import listing
from ..work import result_of
from .find import find_records
from .record import Facts, read_facts, source_hash

FREE = frozenset({"strength", "mask", "keep", "policy", "record"})
"""Parameters of the separation that may change: the others decide what is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What shall be other than the first time, and where the results go."""

    output: Path
    strength: float | None = None
    mask: Path | None = None
    source: Path | None = None
    """Where the sources are now: the file of a single record, or a folder."""
    overrides: Sequence[str] = ()
    """As `load_recipe` takes them."""
    device: str = "cpu"
    overwrite: bool = False
    debug: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One record and what is done with it."""

    record: Path
    facts: Facts
    source: Path
    plan: Plan


@dataclass(slots=True, kw_only=True)
class Remix:
    """Settled: all records read, all recipes checked."""

    wishes: Wishes
    jobs: tuple[Job, ...]
    _steps: dict[int, tuple[Step, ...]] = field(default_factory=dict)
    """Built stages of each plan, by its id; the separation is missing in them."""

    def execute(self, each: Each) -> Tally:
        """Run the frames; call `each` with every result. As `run.execute`."""
        started = monotonic()
        tally = Tally(total=len(self.jobs))
        try:
            for job in self.jobs:
                result = self._done(job)
                tally.results.append(result)
                each(result)
        except KeyboardInterrupt:
            tally.interrupted = True
        finally:
            tally.seconds = round(monotonic() - started, 3)
            write_ledger(self.wishes.output, tally.results)
        return tally

    def _done(self, job: Job) -> FrameResult:
        wishes = self.wishes
        shoot = settle([job.source], job.plan.outputs, wishes.output, wishes.overwrite)
        if shoot.skipped:
            return shoot.skipped[0]
        destination = Destination(folder=wishes.output.resolve(), overwrite=wishes.overwrite)
        return result_of(
            lambda: self._stages(job),
            job.plan.registry,
            job.source,
            destination,
            job.plan.device,
            wishes.debug,
        )

    def _stages(self, job: Job) -> tuple[Step, ...]:
        """Return the stages for a record (`FrameError` where its source is not what it was)."""
        _check_source(job)
        steps = self._steps.get(id(job.plan))
        place = job.facts.place
        if steps is None:
            steps = self._steps[id(job.plan)] = job.plan.build(built={place: _unbuilt})
        planned = job.plan.stages[place]
        assert planned.spec.again is not None
        stage = planned.spec.again(planned.parameters, job.plan.context(place), job.record)
        return (*steps[:place], (planned.name, planned.parameters, stage), *steps[place + 1 :])


def prepare_remix(registry: Registry, given: Sequence[str], wishes: Wishes) -> Remix:
    """Find the records, check their recipes with the wishes, and make the output folder.

    Parameters
    ----------
    given
        Records, folders of them, or results that stand in an output folder with its ledger.

    Raises
    ------
    RecipeError
        A record cannot be found or read, a parameter does not fit or may not change, or two frames would write one
        file.
    EnvironmentFailure
        The output folder or the device cannot be used.
    """
    records = list(dict.fromkeys(record for one in given for record in find_records(one)))
    if wishes.source is not None and not wishes.source.is_dir() and len(records) > 1:
        raise RecipeError(f"--source {shown(wishes.source)}: there are {len(records)} records; give a folder")
    plans: dict[tuple[str, int], Plan] = {}
    jobs = []
    for record in records:
        facts = read_facts(record)
        key = (facts.recipe, facts.place)
        if key not in plans:
            plans[key] = make_plan(_recipe(registry, record, facts, wishes), registry, wishes.device)
        jobs.append(Job(record=record, facts=facts, source=_source(facts, wishes), plan=plans[key]))
    _check_clashes(jobs)
    for job in jobs:  # that no result replaces a source
        settle([job.source], job.plan.outputs, wishes.output, wishes.overwrite)
    make_folder(wishes.output)
    return Remix(wishes=wishes, jobs=tuple(jobs))


def _source(facts: Facts, wishes: Wishes) -> Path:
    source = Path(facts.source)
    if wishes.source is None:
        return source
    where = Path(os.path.abspath(wishes.source))
    return where / source.name if where.is_dir() else where


def _recipe(registry: Registry, record: Path, facts: Facts, wishes: Wishes) -> Recipe:
    """Return the recipe of a record with the wishes in it."""
    before = parse_recipe(facts.recipe, registry, str(record))
    name = before.stages[facts.place][0] if facts.place < len(before.stages) else ""
    if name != METHOD_STAGE:
        raise RecipeError(f"{shown(record)}: stages[{facts.place}] of its recipe is no {METHOD_STAGE!r}")
    nth = sum(name == METHOD_STAGE for name, _ in before.stages[: facts.place])
    own = []
    if wishes.strength is not None:
        own.append(f"{METHOD_STAGE}[{nth}].strength={wishes.strength!r}")
    if wishes.mask is not None:
        own.append(f"{METHOD_STAGE}[{nth}].mask={json.dumps(os.path.abspath(wishes.mask))}")
    after = parse_recipe(facts.recipe, registry, str(record), [*wishes.overrides, *own])
    _check_changes(record, before, after, facts.place)
    return after


def _check_changes(record: Path, before: Recipe, after: Recipe, place: int) -> None:
    """Refuse (`RecipeError`) changes to what decides what is found."""
    for index in range(place + 1):
        name = before.stages[index][0]
        old, new = (recipe.stages[index][1].model_dump(mode="json") for recipe in (before, after))
        free = FREE if index == place else frozenset[str]()
        changed = sorted(key for key in {*old, *new} - free if old.get(key) != new.get(key))
        if changed:
            raise RecipeError(
                f"{shown(record)}: '{name}.{changed[0]}' decides what is found, and a remix finds nothing anew; "
                "run the recipe again"
            )
    _check_kept(record, before.stages[place][1], after.stages[place][1])


def _check_kept(record: Path, before: Any, after: Any) -> None:
    """Refuse (`RecipeError`) a residual that was not recorded, for it is not always made."""
    if "residual" in after.keep and "residual" not in before.keep:
        raise RecipeError(
            f"{shown(record)}: its residual was not recorded; run the recipe again with it in `keep`"
        )


def _check_clashes(jobs: Sequence[Job]) -> None:
    writers: dict[str, Job] = {}
    for job in jobs:
        for name in job.plan.outputs(job.source.stem):
            first = writers.setdefault(str(name).casefold(), job)
            if first is not job:
                both = listing([shown(first.record), shown(job.record)])
                raise RecipeError(
                    f"{both} would both write {shown(name)}; mix them into folders of their own"
                )


def _check_source(job: Job) -> None:
    if not job.source.is_file():
        raise FrameError(
            f"{job.source}: the source of {shown(job.record)} is not there; say where it is now with --source"
        )
    if source_hash(job.source) != job.facts.sha256:
        raise FrameError(
            f"{job.source}: is not the file, or no longer, that {shown(job.record)} was made from; run the recipe "
            "anew, or say with --source where the original is"
        )


def _unbuilt(frame: Frame) -> Frame:
    """Stands where the record's own stage is put in."""
    raise AssertionError("the separation was not put in")
