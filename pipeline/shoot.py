"""What a run will do, settled before any work: which frames, which files, and that none is written twice."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from .errors import EnvironmentFailure, RecipeError
from .existing import Existing
from .inputs import RAW_SUFFIXES
from .ledger import Ledger
from .naming import Naming
from .namings import AtHand, in_place, name_frames
from .plan import Plan
from .results import FrameResult
from .resume import Task, Wanted, task_for
from .shown import shown
from .suggest import listing
from .unique import make_unique
from .url import Place, Url, absolute

REPORTED = 10
"""Clashes that are spelled out; more of them say nothing new."""

Outputs = Callable[[Naming], Sequence[PurePosixPath]]
"""What a frame's files are called after to these files, relative to the output folder, as `Plan.outputs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shoot:
    """The frames of a run."""

    todo: tuple[Task, ...]
    """Frames to make; their sources are absolute."""
    skipped: tuple[FrameResult, ...]
    """Those that have an output already."""

    def total(self) -> int:
        """Return the number of frames, whatever comes of them."""
        return len(self.todo) + len(self.skipped)


def settle(sources: Iterable[Path], outputs: Outputs, folder: Path, overwrite: bool) -> Shoot:
    """Check that no two frames write one file and no source is written over; set aside what is there already.

    Raises
    ------
    RecipeError
        Two sources would write the same file, or a result would replace a source.
    """
    frames = [(source, Naming.of(source)) for source in map(absolute, sources)]
    _check_clashes(frames, outputs, folder)
    wanted = Wanted(folder=folder, hashes={}, existing=Existing.OVERWRITE if overwrite else Existing.SKIP)
    return _shoot(task_for(source, dict(enumerate(outputs(named))), wanted, None) for source, named in frames)


def settle_run(
    sources: Iterable[Place],
    plan: Plan,
    wanted: Wanted,
    ledger: Ledger | None,
    job: str = "",
    at_hand: AtHand = in_place,
) -> Shoot:
    """Check the same for a plan, and set aside what is done already by what the ledger says; `job` is what `{job}` is.

    `at_hand` gives a file of this machine for a source, which names may need.

    Raises
    ------
    RecipeError
        Two sources would write the same file, or a result would replace a source.
    """
    every = tuple(map(absolute, sources))
    names = name_frames(every, plan, ledger, job, at_hand)
    if wanted.existing is Existing.UNIQUE:
        names = make_unique(zip(every, names, strict=True), plan.outputs, _taken(every, wanted), ledger)
    frames = list(zip(every, names, strict=True))
    _check_clashes(frames, plan.outputs, wanted.folder)
    return _shoot(_task(source, naming, plan, wanted, ledger) for source, naming in frames)


def _task(
    source: Place, naming: Naming, plan: Plan, wanted: Wanted, ledger: Ledger | None
) -> Task | FrameResult:
    files = plan.files(naming)
    task = task_for(source, files, wanted, ledger.get(str(source)) if ledger else None)
    # Of a hundred thousand frames that are called after their sources none needs to be told so.
    if isinstance(task, FrameResult) or files == plan.files(Naming.of(source)):
        return task
    return replace(task, naming=naming)


def _taken(sources: Sequence[Place], wanted: Wanted) -> Callable[[PurePosixPath], bool]:
    """Return what tells whether a file of an output folder is there, or is one of the sources."""
    base, files = absolute(wanted.folder), wanted.files()
    originals = {str(source).casefold() for source in sources}
    return lambda name: files.holds(name) or str(base / name).casefold() in originals


def _shoot(found: Iterable[Task | FrameResult]) -> Shoot:
    todo: list[Task] = []
    skipped: list[FrameResult] = []
    for one in found:
        if isinstance(one, Task):
            todo.append(one)
        else:
            skipped.append(one)
    return Shoot(todo=tuple(todo), skipped=tuple(skipped))


def make_folder(folder: Path) -> None:
    """Create the output folder where it is missing, and make sure that files can be written to it.

    Raises
    ------
    EnvironmentFailure
        It cannot be created, is a file, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        words = "it is a file, not a folder" if isinstance(error, FileExistsError) else error.strerror
        raise EnvironmentFailure(f"the output folder {shown(folder)} cannot be used: {words}") from error


def _check_clashes(frames: Sequence[tuple[Place, Naming]], outputs: Outputs, folder: Place) -> None:
    resolve = lru_cache(maxsize=1024)(Path.resolve)  # folders are few, and asking the disk is slow

    def folded(path: Place) -> str:
        """Return what two names share where the file system ignores case or composes letters."""
        text = str(path) if isinstance(path, Url) else f"{resolve(path.parent)}{os.sep}{path.name}"
        return unicodedata.normalize("NFC", text).casefold()

    originals = {folded(source): source for source, _ in frames}
    writers: dict[str, Place] = {}
    problems: list[str] = []
    base = absolute(folder)
    for source, naming in frames:
        for name in outputs(naming):
            key = folded(base / name)
            if key in originals and _same_file(base / name, originals[key]):
                problems.append(_over_source(source, originals[key]))
            first = writers.setdefault(key, source)
            if first != source:
                problems.append(_twice(first, source, name))
                break  # one sentence for a pair of frames is enough
    if problems:
        rest = [f"and {len(problems) - REPORTED} more of the same kind"] if len(problems) > REPORTED else []
        raise RecipeError(*problems[:REPORTED], *rest)


def _same_file(one: Place, other: Place) -> bool:
    if isinstance(one, Url) or isinstance(other, Url):
        return one == other
    try:
        return one.samefile(other)
    except OSError:
        return False


def _over_source(source: Place, original: Place) -> str:
    return (
        f"{shown(source)}: its result would replace the source {shown(original)}; "
        "give another output folder, or another `name` in the recipe"
    )


def _twice(first: Place, second: Place, name: PurePosixPath) -> str:
    both = listing([shown(first), shown(second)])
    return f"{both} would both write {shown(name)}; {_advice(first, second)}"


def _advice(first: Place, second: Place) -> str:
    raw = [path.suffix.lower() in RAW_SUFFIXES for path in (first, second)]
    if first.stem != second.stem and first.stem.casefold() != second.stem.casefold():
        return "put {stem} or {sequence} into every `name` of the recipe"
    if first.parent != second.parent:
        return (
            "run the folders one by one, each with its own output folder, put {parent} into every `name` of the "
            "recipe, or give --existing unique"
        )
    if raw[0] != raw[1]:
        pattern = shown(first.parent / "*") + (first if raw[0] else second).suffix
        return f"one is a RAW and one a finished picture: give one kind only, e.g. '{pattern}'"
    return "give one of them only, or rename one"
