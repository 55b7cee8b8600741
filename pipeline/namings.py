"""What the files of a run's frames are called after, settled before any work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from .ledger import Ledger
from .naming import CaptureFacts, Naming, needs_facts, needs_sequence
from .plan import Plan


def name_frames(sources: Iterable[Path], plan: Plan, ledger: Ledger | None, job: str) -> Iterator[Naming]:
    """Yield what each frame's files are called after.

    Only what the plan's names hold is looked for. A frame keeps the number that it had in an earlier run; new ones
    follow the last.

    Parameters
    ----------
    sources
        Absolute paths, in order.
    job
        What stands for `{job}`.
    """
    reads, counts = needs_facts(plan.outputs), needs_sequence(plan.outputs)
    known = _numbers(ledger) if counts and ledger else {}
    following = count(max(known.values(), default=0) + 1)
    for source in sources:
        yield Naming(
            stem=source.stem,
            parent=source.parent.name,
            sequence=(known.get(str(source)) or next(following)) if counts else 0,
            recipe=plan.recipe.name,
            job=job,
            facts=_facts(source, plan) if reads else CaptureFacts(),
        )


def _numbers(ledger: Ledger) -> dict[str, int]:
    return {result.source: result.sequence for result in ledger.frames() if result.sequence}


def _facts(source: Path, plan: Plan) -> CaptureFacts:
    found: CaptureFacts | None = plan.registry.hook.unveil_capture_facts(source=source)
    return found or CaptureFacts()
