"""Frames mixed again: the recipe of a record once more, what was found from the record, and no network."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from time import monotonic

from ..errors import RecipeError
from ..ledger import writing
from ..naming import Naming
from ..receipts import Entered, adopt, forget, recover
from ..registry import Registry
from ..results import FrameResult
from ..resume import Task
from ..shoot import make_folder, settle
from ..shown import shown
from ..suggest import listing
from ..tally import Each, Tally
from .find import find_records
from .mixer import Job, Mixer, MixWork
from .recipe import Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Remix:
    """Settled: all records read, all recipes checked."""

    wishes: Wishes
    mixer: Mixer
    todo: tuple[Job, ...]
    skipped: tuple[FrameResult, ...]
    """Frames that have an output already."""

    def total(self) -> int:
        """Return the number of frames, whatever comes of them."""
        return len(self.todo) + len(self.skipped)

    def execute(self, each: Each) -> Tally:
        """Mix the frames; call `each` with every result, skipped frames first. As `run.execute`."""
        started = monotonic()
        tally = Tally(total=self.total())
        with ExitStack() as stack:
            ledger = stack.enter_context(writing(self.wishes.output))
            entered = Entered(partial(forget, self.mixer.work.output), ledger)
            try:
                for result in stack.enter_context(closing(self._results())):
                    # What the recipe itself made stands beside what is mixed now.
                    earlier = ledger.get(result.source)
                    ledger.add(result, {written.made_by for written in earlier.outputs} if earlier else ())
                    entered.add(result.source)
                    tally.add(result)
                    each(result)
            except KeyboardInterrupt:
                tally.interrupted = True
            finally:
                tally.seconds = round(monotonic() - started, 3)
                entered.remove()
                adopt(self.mixer.work.output, ledger)
        return tally

    def _results(self) -> Generator[FrameResult, None, None]:
        yield from self.skipped
        jobs, asked = len(self.todo), self.wishes.jobs
        if asked == 0 or jobs == 0 or (asked is None and jobs == 1):
            yield from map(self.mixer.mixed, self.todo)
            return
        from ..batch import default_places, run_cluster

        by_record = {job.record: job for job in self.todo}
        places = replace(default_places(jobs, self.todo[0].plan.device, asked), threads=1)
        results = run_cluster(
            self.mixer.work,
            [Task(source=record, overwrite=self.wishes.overwrite) for record in by_record],
            places,
            lambda task: by_record[Path(task.source)].plan.outputs(by_record[Path(task.source)].naming),
        )
        for result in results:
            lost = by_record.get(
                Path(result.source)
            )  # its worker died before it could say what the record is of
            yield replace(result, source=str(lost.source)) if lost else result


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
    recover(wishes.output)
    output = wishes.output.resolve()
    mixer = Mixer(MixWork(wishes=wishes, output=output), registry)
    jobs = [mixer.job(record) for record in records]
    _check_clashes(jobs)
    todo: list[Job] = []
    skipped: list[FrameResult] = []
    for job in jobs:
        there = settle([job.source], partial(_files, job), wishes.output, wishes.overwrite).skipped
        skipped.extend(there)
        todo.extend([] if there else [job])
    make_folder(wishes.output)
    return Remix(wishes=wishes, mixer=mixer, todo=tuple(todo), skipped=tuple(skipped))


def _files(job: Job, naming: Naming) -> Sequence[PurePosixPath]:
    """Return the files of a record: what they are called after stands in it."""
    return job.plan.outputs(job.naming)


def _check_clashes(jobs: Sequence[Job]) -> None:
    writers: dict[str, Job] = {}
    for job in jobs:
        for name in job.plan.outputs(job.naming):
            first = writers.setdefault(str(name).casefold(), job)
            if first is not job:
                both = listing([shown(first.record), shown(job.record)])
                raise RecipeError(
                    f"{both} would both write {shown(name)}; mix them into folders of their own"
                )
