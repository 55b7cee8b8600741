"""One process's share of a remix: plans, each built once, and records sent through them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from ..develop import Step
from ..errors import FrameError, RecipeError
from ..frame import Destination, Frame
from ..naming import Naming
from ..namings import name_frames
from ..plan import Plan, make_plan
from ..receipts import leave
from ..registry import Registry, build_registry
from ..results import FrameResult
from ..resume import Task
from ..shown import shown
from ..url import is_url
from ..work import result_of
from .recipe import Wishes, recipe_again
from .record import Facts, read_facts, source_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One record and what is done with it."""

    record: Path
    facts: Facts
    source: Path
    plan: Plan
    naming: Naming


@dataclass(frozen=True, slots=True, kw_only=True)
class MixWork:
    """What a remix does with every record; small, and can be sent to another process."""

    wishes: Wishes
    output: Path
    """Output folder, absolute."""

    def bench(self, device: str, threads: int = 1) -> Mixer:
        """Return what mixes records in this process."""
        return Mixer(replace(self, wishes=replace(self.wishes, device=device)), build_registry())


class Mixer:
    """Mixes records; each plan is made and built once."""

    def __init__(self, work: MixWork, registry: Registry) -> None:
        self.work = work
        self.registry = registry
        self._plans: dict[tuple[str, int], Plan] = {}
        self._steps: dict[tuple[str, int], tuple[Step, ...]] = {}
        """Built stages of each plan; the separation is missing in them."""

    def job(self, record: Path) -> Job:
        """Read a record and check its recipe (`RecipeError`); `EnvironmentFailure` where the device is not there."""
        facts, wishes = read_facts(record), self.work.wishes
        key = (facts.recipe, facts.place)
        if key not in self._plans:
            recipe = recipe_again(self.registry, record, facts, wishes)
            self._plans[key] = make_plan(recipe, self.registry, wishes.device)
        source, plan = _source(record, facts, wishes), self._plans[key]
        (naming,) = name_frames([source], plan, None, facts.job)
        naming = replace(naming, sequence=facts.sequence)
        return Job(record=record, facts=facts, source=source, plan=plan, naming=naming)

    def frame(self, task: Task) -> FrameResult:
        """Mix one record; a frame that fails is a result too. What it is of stands in the result's `source`."""
        return self.mixed(self.job(Path(task.source)))

    def mixed(self, job: Job) -> FrameResult:
        """Mix the record of a job that this mixer gave."""
        work = self.work
        destination = Destination(folder=work.output, overwrite=work.wishes.overwrite, naming=job.naming)
        return result_of(
            lambda: self._stages(job),
            self.registry,
            job.source,
            destination,
            job.plan.device,
            work.wishes.debug,
            self._receipted,
        )

    def _receipted(self, result: FrameResult) -> FrameResult:
        """Leave a receipt of a frame that has files; they are about to get their names."""
        leave(self.work.output, result)
        return result

    def _stages(self, job: Job) -> tuple[Step, ...]:
        """Return the stages for a record (`FrameError` where its source is not what it was)."""
        _check_source(job)
        place = job.facts.place
        key = (job.facts.recipe, place)
        if key not in self._steps:
            self._steps[key] = job.plan.build(built={place: _unbuilt})
        steps, planned = self._steps[key], job.plan.stages[place]
        assert planned.spec.again is not None
        stage = planned.spec.again(planned.parameters, job.plan.context(place), job.record)
        return (*steps[:place], (planned.name, planned.parameters, stage), *steps[place + 1 :])


def _source(record: Path, facts: Facts, wishes: Wishes) -> Path:
    source = Path(facts.source)
    if wishes.source is None and is_url(facts.source):
        raise RecipeError(
            f"{shown(record)}: its source is elsewhere, {shown(facts.source)}; fetch it, and say "
            "with --source where it is"
        )
    if wishes.source is None:
        return source
    where = Path(os.path.abspath(wishes.source))
    return where / source.name if where.is_dir() else where


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
