"""What a run says: one line for each frame and a last one, for people or as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .console import frame_line, progress, say, tell, tell_json
from .results import FrameResult, Status
from .shown import counted, duration, shown
from .tally import Each, Tally


@contextmanager
def told(total: int, as_json: bool) -> Iterator[Each]:
    """Give a function that tells of one frame: a line to stdout, a traceback to stderr, the progress."""
    with progress(total, "developing", quiet=as_json) as step:

        def each(result: FrameResult) -> None:
            if as_json:
                tell_json({"event": "frame", **result.to_json()})
            else:
                tell(frame_line(result))
            if result.traceback:
                say(result.traceback.rstrip())
            step(Path(result.source).name)

        yield each


def say_left_out(paths: Sequence[Path], folder: Path) -> None:
    """Say which inputs are not developed because an earlier run wrote them."""
    if paths:
        what = "input is a result" if len(paths) == 1 else "inputs are results"
        say(f"left out: {len(paths)} {what} of an earlier run into {shown(folder)}, e.g. {shown(paths[0])}")


def say_beside_raw(paths: Sequence[Path]) -> None:
    """Say which inputs are not developed because the RAW of the same name is."""
    if paths:
        what = "JPEG stands" if len(paths) == 1 else "JPEGs stand"
        say(
            f"left out: {len(paths)} {what} beside a RAW of the same name, which is developed, e.g. {shown(paths[0])}"
        )


def say_end(tally: Tally, as_json: bool) -> None:
    """Tell how the run ended."""
    if as_json:
        tell_json(_last_event(tally))
    counts = tally.counts
    parts = [f"{counts[status]} {status}" for status in Status if counts[status]] or ["nothing done"]
    say(f"{counted(tally.total, 'frame')}: {', '.join(parts)} in {duration(tally.seconds)}")
    if tally.flagged:
        say(f"{counted(tally.flagged, 'frame')} flagged: the trail says why, and a look is worth it")
    if tally.interrupted:
        left = tally.total - tally.done()
        say(f"interrupted: {counted(left, 'frame')} not done; the same command goes on with what is missing")
    if tally.page:
        say(f"look at {shown(tally.page)}")


def _last_event(tally: Tally) -> dict[str, object]:
    return {
        "event": "end",
        **{status.value: tally.counts[status] for status in Status},
        "flagged": tally.flagged,
        "failures": [{"source": source, "reason": reason} for source, reason in tally.failed.items()],
        "total": tally.total,
        "interrupted": tally.interrupted,
        "seconds": tally.seconds,
        "exit_status": tally.exit_status(),
        "page": str(tally.page) if tally.page else None,
    }
