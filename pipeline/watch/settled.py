"""What is still to be made of frames in a hot folder, by what the ledger says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ..beside import beside
from ..errors import RecipeError
from ..existing import Existing
from ..ledger import Ledger
from ..results import FrameResult, SourceFile, Status
from ..resume import Task, Wanted, is_same_file
from ..shoot import settle_run
from .orders import Order
from .scan import Signature, signature


@dataclass(slots=True)
class Settled:
    """What is to be made of some frames, by their sources."""

    tasks: list[Task] = field(default_factory=list)
    known: dict[Path, FrameResult] = field(default_factory=dict)
    """Frames that were done before, or failed before as they are now."""
    refused: dict[Path, FrameResult] = field(default_factory=dict)
    """Frames that cannot be made: what is in their way is nobody's to replace."""
    later: list[Path] = field(default_factory=list)
    """Frames whose files would have the names of others that are made now."""


def settle_frames(
    sources: Sequence[Path], order: Order, ledger: Ledger, folder: Path, existing: Existing
) -> Settled:
    """Decide what to make of frames.

    What is done is not made again where its files were taken away, and what failed is not tried again as long as
    source and plan are the same.

    Parameters
    ----------
    sources
        Absolute paths.
    order
        What is to be done with all of them.
    ledger, folder
        Of the output folder.
    existing
        What becomes of frames whose names are taken. `overwrite` replaces only what is in the way.
    """
    settled = Settled()
    left: list[Path] = []
    for source in sources:
        known = ledger.get(str(source))
        if known is not None and failed_as_it_is(known, order):
            settled.known[source] = known
        else:
            left.append(source)
    gentle = Existing.SKIP if existing is Existing.OVERWRITE else existing
    for found in _found(left, order, ledger, _wanted(order, folder, gentle), settled):
        _place(found, order, ledger, _wanted(order, folder, existing), settled)
    return settled


def failed(source: Path, reason: str, order: Order, seen: Signature | None) -> FrameResult:
    """Return the result of a frame that failed, which tells a later run how the source was."""
    result = FrameResult(source=str(source), status=Status.FAILED, reason=reason)
    return with_tried(result, order, seen)


def with_tried(result: FrameResult, order: Order, seen: Signature | None) -> FrameResult:
    """Return a failed result with the source as it was seen, and the plan."""
    tried = SourceFile(size=seen.size, changed=seen.changed, xxh3="") if seen else None
    read_too = beside(order.plan, Path(result.source))
    return replace(result, tried=tried, plan=order.plan.hash, beside=read_too)


def failed_as_it_is(known: FrameResult, order: Order) -> bool:
    """Return whether a frame failed before, and neither its source nor what is to be done has changed since."""
    if known.status is not Status.FAILED or known.tried is None or known.plan != order.plan.hash:
        return False
    source = Path(known.source)
    as_it_was = signature(source) == (known.tried.size, known.tried.changed)
    return as_it_was and known.beside == beside(order.plan, source)


def is_source(path: Path, known: FrameResult) -> bool:
    """Return whether a file is the source of a result, as it was."""
    return known.source_file is not None and is_same_file(path, known.source_file)


def _wanted(order: Order, folder: Path, existing: Existing) -> Wanted:
    plan = order.plan
    return Wanted(folder=folder, hashes=plan.file_hashes(), existing=existing, beside=partial(beside, plan))


def _found(
    sources: Sequence[Path], order: Order, ledger: Ledger, wanted: Wanted, settled: Settled
) -> Iterable[Task | FrameResult]:
    """Settle frames together; where some are in each other's way one by one, and only those that are not."""
    try:
        shoot = settle_run(sources, order.plan, wanted, ledger, order.job)
        return [*shoot.todo, *shoot.skipped]
    except RecipeError as error:
        if len(sources) == 1:
            reason = "; ".join(error.problems)
            settled.refused[sources[0]] = failed(sources[0], reason, order, signature(sources[0]))
            return []
    found: list[Task | FrameResult] = []
    given: set[str] = set()
    for source in sources:
        for one in _found((source,), order, ledger, wanted, settled):
            names = {str(name).casefold() for name in _outputs(one, order)}
            if given.isdisjoint(names):
                given |= names
                found.append(one)
            else:
                settled.later.append(source)
    return found


def _place(found: Task | FrameResult, order: Order, ledger: Ledger, wanted: Wanted, settled: Settled) -> None:
    source = Path(found.source)
    known = ledger.get(str(source))
    same = known is not None and is_source(source, known)
    if isinstance(found, Task):
        if known is not None and same and _made_before(found, known, order):
            settled.known[source] = known
        else:
            settled.tasks.append(found)
    elif known is not None and same:
        settled.known[source] = known
    elif wanted.existing is Existing.OVERWRITE:
        settled.tasks += settle_run((source,), order.plan, wanted, ledger, order.job).todo
    else:
        reason = found.reason.replace("--overwrite", "--existing overwrite")
        settled.refused[source] = failed(source, reason, order, signature(source))


def _made_before(task: Task, known: FrameResult, order: Order) -> bool:
    """Return whether files of a frame are missing only because somebody has taken them."""
    made = {written.path for written in known.outputs}
    wanted = {name.as_posix() for name in _outputs(task, order)}
    as_it_was = known.plan == order.plan.hash and known.beside == beside(order.plan, Path(known.source))
    return known.status is Status.DONE and as_it_was and wanted <= made


def _outputs(found: Task | FrameResult, order: Order) -> Iterable[Path]:
    return map(Path, order.plan.outputs(found.called())) if isinstance(found, Task) else ()
