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
    busy: dict[tuple[str, str], float] = field(default_factory=dict)
    """Seconds that frames took, by device and the machine it is in."""
    interrupted: bool = False
    seconds: float = 0.0
    page: Path | None = None

    def add(self, result: FrameResult) -> None:
        """Count a result."""
        self.counts[result.status] += 1
        self.flagged += result.is_flagged()
        if result.status is Status.FAILED:
            self.failed[result.source] = result.reason
        if result.device and result.status is not Status.SKIPPED:
            place = result.device, result.worker.rpartition("@")[2]
            self.busy[place] = self.busy.get(place, 0.0) + result.seconds

    def done(self) -> int:
        """Return the number of frames with a result."""
        return self.counts.total()

    def worked(self) -> int:
        """Return the number of frames that were developed, or tried and failed."""
        return self.done() - self.counts[Status.SKIPPED]

    def per_minute(self, seconds: float) -> float:
        """Return frames developed for each minute of a time; 0 where no time has passed."""
        return 60 * self.worked() / seconds if seconds > 0 else 0.0

    def shares(self) -> dict[str, float]:
        """Return which share of the time that frames took each device had; of several machines with their names."""
        whole = sum(self.busy.values())
        several = len({machine for _, machine in self.busy}) > 1
        return {
            f"{device}@{machine}" if several else device: seconds / whole
            for (device, machine), seconds in sorted(self.busy.items())
            if whole > 0
        }

    def exit_status(self) -> int:
        """Return 130 where the run was interrupted, 1 where a frame failed, else 0."""
        if self.interrupted:
            return 130
        return 1 if self.failed else 0
