"""What a ledger says of a shoot, in short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..results import FrameResult, Status
from ..shown import counted
from .ledger import Ledger


def status_rows(ledger: Ledger) -> list[tuple[str, str]]:
    """Return the frames that somebody should look at, with the reason: failed ones, and flagged ones."""
    failed = [(result.source, f"failed: {result.reason}") for result in ledger.frames(Status.FAILED)]
    return failed + [(result.source, _flag(result)) for result in ledger.frames(flagged=True)]


def status_line(ledger: Ledger) -> str:
    """Return how many frames there are of each status."""
    counts = ledger.counts()
    parts = [f"{counts[status]} {status}" for status in Status if counts[status]]
    flagged = ledger.flagged()
    parts += [f"{flagged} flagged"] if flagged else []
    return f"{counted(counts.total(), 'frame')}: {', '.join(parts) or 'nothing done'}"


def status_facts(ledger: Ledger) -> Mapping[str, Any]:
    """Return the same as plain data."""
    counts = ledger.counts()
    return {
        "total": counts.total(),
        **{status.value: counts[status] for status in Status},
        "flagged": ledger.flagged(),
        "failures": [{"source": r.source, "reason": r.reason} for r in ledger.frames(Status.FAILED)],
    }


def _flag(result: FrameResult) -> str:
    notes = [note for entry in result.trail for note in entry.notes if note.startswith("FLAGGED")]
    return notes[0] if notes else "flagged"
