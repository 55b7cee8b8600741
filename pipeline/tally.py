"""What came of a run so far: counts, and the frames that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .results import FrameResult, Status

Each = Callable[[FrameResult], None]
"""Called with every result as it comes."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of a run so far; as large for many frames as for few, but for those that failed."""

    total: int
    """Frames of the run, done or not."""
    counts: Counter[Status] = field(default_factory=Counter)
    flagged: int = 0
    """Frames that somebody should look at."""
    failed: dict[str, str] = field(default_factory=dict)
    """Sources of the frames that failed, with the reason."""
    interrupted: bool = False
    seconds: float = 0.0
    page: Path | None = None

    def add(self, result: FrameResult) -> None:
        """Count a result."""
        self.counts[result.status] += 1
        self.flagged += result.is_flagged()
        if result.status is Status.FAILED:
            self.failed[result.source] = result.reason

    def done(self) -> int:
        """Return the number of frames with a result."""
        return self.counts.total()

    def exit_status(self) -> int:
        """Return 130 where the run was interrupted, 1 where a frame failed, else 0."""
        if self.interrupted:
            return 130
        return 1 if self.failed else 0
