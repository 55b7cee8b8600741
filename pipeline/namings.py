"""What the files of a run's frames are called after, settled before any work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from pathlib import Path

from .ledger import Ledger
from .naming import CaptureFacts, Naming, needs_facts, needs_sequence
from .plan import Plan
from .url import Place

AtHand = Callable[[Place], AbstractContextManager[Path]]
"""A source to a file of this machine that can be read meanwhile."""


def in_place(source: Place) -> AbstractContextManager[Path]:
    """Give a source of this machine."""
    return nullcontext(Path(source))


def name_frames(
    sources: Iterable[Place], plan: Plan, ledger: Ledger | None, job: str, at_hand: AtHand = in_place
) -> Iterator[Naming]:
    """Yield what each frame's files are called after.

    Only what the plan's names hold is looked for. A frame keeps the number that it had in an earlier run; new ones
    follow the last.

    Parameters
    ----------
    sources
        Absolute paths and URLs, in order.
    job
        What stands for `{job}`.
    at_hand
        Gives a file of this machine for a source that is looked into.
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
            facts=_facts(source, plan, at_hand) if reads else CaptureFacts(),
        )


def _numbers(ledger: Ledger) -> dict[str, int]:
    return {result.source: result.sequence for result in ledger.frames() if result.sequence}


def _facts(source: Place, plan: Plan, at_hand: AtHand) -> CaptureFacts:
    with at_hand(source) as path:
        found: CaptureFacts | None = plan.registry.hook.unveil_capture_facts(source=path)
    return found or CaptureFacts()
