"""The ledger as a table and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from ... import __version__
from ..results import FrameResult
from .ledger import Ledger

COLUMNS = (
    "source",
    "status",
    "reason",
    "flagged",
    "source_size",
    "source_xxh3",
    "plan",
    "seconds",
    "device",
    "worker",
    "finished",
    "leader",
    "outputs",
)


def to_csv(ledger: Ledger) -> str:
    """Return one row for each frame (RFC 4180, header first); outputs are separated by `;`."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for result in ledger.frames():
        table.writerow(_row(result))
    return text.getvalue()


def to_json(ledger: Ledger) -> str:
    """Return everything that the ledger holds, frames as in `results.FrameResult.to_json`."""
    return (
        json.dumps({"unveil": __version__, "frames": [r.to_json() for r in ledger.frames()]}, indent=1) + "\n"
    )


def _row(result: FrameResult) -> Iterable[object]:
    file = result.source_file
    return (
        result.source,
        result.status.value,
        result.reason,
        int(result.is_flagged()),
        file.size if file else "",
        file.xxh3 if file else "",
        result.plan,
        result.seconds,
        result.device,
        result.worker,
        result.finished,
        result.leader,
        ";".join(written.path for written in result.outputs),
    )
