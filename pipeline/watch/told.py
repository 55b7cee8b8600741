"""What a watch says: results to stdout, the rest to stderr, or everything as JSON lines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ... import __version__
from ..console import frame_line, say, tell, tell_json
from ..results import FrameResult, Status
from ..shown import counted, duration, shown
from ..tally import Tally
from .orders import Order


class Teller:
    """Tells what comes, what is done and what is waited for; the same thing once, until it changes."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._said: dict[str, str] = {}

    def begin(self, incoming: Path, output: Path) -> None:
        """Tell which folder is watched."""
        if self._as_json:
            started = datetime.now(UTC).isoformat(timespec="seconds")
            facts = {"incoming": str(incoming), "output": str(output), "started": started}
            tell_json({"event": "begin", **facts, "version": __version__})
        say(f"watching {shown(incoming)}; results go to {shown(output)}; Ctrl-C or SIGTERM ends it")

    def came(self, folder: Path, frames: int, order: Order) -> None:
        """Tell which frames are whole and will be made."""
        recipe = order.plan.recipe.name
        if self._as_json:
            facts = {"folder": str(folder), "frames": frames, "recipe": recipe}
            tell_json({"event": "came", **facts, **_ticket(order)})
        job = f", job {order.job}" if order.job else ""
        say(f"{shown(folder)}: {counted(frames, 'frame')}, recipe {recipe}{job}")

    def frame(self, result: FrameResult, order: Order) -> None:
        """Tell what came of a frame."""
        if self._as_json:
            tell_json({"event": "frame", **result.to_json(), **_ticket(order)})
        else:
            tell(frame_line(result))
        if result.traceback:
            say(result.traceback.rstrip())

    def moved(self, source: Path, now: Path) -> None:
        """Tell where a source lies now."""
        if self._as_json:
            tell_json({"event": "moved", "source": str(source), "to": str(now)})

    def known(self, done: int, failed: int) -> None:
        """Tell how many frames an earlier watch or run has dealt with."""
        if self._as_json:
            tell_json({"event": "known", "done": done, "failed": failed})
        say(f"{counted(done, 'frame')} done before, {failed} failed before and not changed since")

    def trouble(self, about: str, reason: str, event: str = "waiting") -> None:
        """Tell what is waited for, or why frames are held back, unless that was said last."""
        if self._said.get(about) == reason:
            return
        self._said[about] = reason
        if self._as_json:
            tell_json({"event": event, "about": about, "reason": reason})
        say(reason)

    def over(self, about: str, words: str = "") -> None:
        """Take note that a trouble is over, and tell so where there are words for it."""
        if self._said.pop(about, None) is not None and words:
            if self._as_json:
                tell_json({"event": "back", "about": about})
            say(words)

    def end(self, tally: Tally, status: int) -> None:
        """Tell what came of all."""
        counts = {status.value: tally.counts[status] for status in Status if status is not Status.SKIPPED}
        if self._as_json:
            failures = [{"source": source, "reason": why} for source, why in tally.failed.items()]
            more = {"interrupted": tally.interrupted, "seconds": tally.seconds, "exit_status": status}
            tell_json({"event": "end", **counts, "flagged": tally.flagged, "failures": failures, **more})
        words = ", ".join(f"{number} {name}" for name, number in counts.items())
        say(f"watched for {duration(tally.seconds)}: {words}")


def _ticket(order: Order) -> dict[str, str]:
    """Return what is worth telling of an order in JSON."""
    return {key: value for key, value in (("job", order.job), ("ticket", order.ticket)) if value}
