"""What a run says: one line for each frame and a last one, for people or as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePath
from time import monotonic

from .. import __version__
from .console import frame_line, progress, say, tell, tell_json, with_source
from .results import FrameResult, Status
from .shown import counted, duration, rate, shown
from .tally import Each, Tally
from .url import Place, absolute

LISTED = 20
"""Failed frames that the end of a run lists; a terminal of 24 lines holds them."""


@contextmanager
def told(total: int, as_json: bool, folder: Place | None = None) -> Iterator[Each]:
    """Give a function that tells of one frame: a line to stdout, a traceback to stderr, the progress.

    Parameters
    ----------
    total
        Frames of the run.
    as_json
        Tell in JSON.
    folder
        The output folder, for the first event.
    """
    if as_json:
        tell_json(_first_event(total, folder))
    so_far, started = Tally(total=total), monotonic()
    with progress(total, "developing", quiet=as_json) as step:

        def each(result: FrameResult) -> None:
            if as_json:
                tell_json({"event": "frame", **result.to_json()})
            else:
                tell(frame_line(result))
            if result.traceback:
                say(result.traceback.rstrip())
            so_far.add(result)
            remark = _remark(so_far, monotonic() - started)
            step(Path(result.source).name, remark, took_time=result.status is not Status.SKIPPED)

        yield each


def say_left_out(paths: Sequence[PurePath], folder: PurePath) -> None:
    """Say which inputs are not developed because an earlier run wrote them."""
    if paths:
        what = "input is a result" if len(paths) == 1 else "inputs are results"
        say(f"left out: {len(paths)} {what} of an earlier run into {shown(folder)}, e.g. {shown(paths[0])}")


def say_beside_raw(paths: Sequence[PurePath]) -> None:
    """Say which inputs are not developed because the RAW of the same name is."""
    if paths:
        what = "JPEG stands" if len(paths) == 1 else "JPEGs stand"
        say(
            f"left out: {len(paths)} {what} beside a RAW of the same name, which is developed, e.g. {shown(paths[0])}"
        )


def say_end(tally: Tally, as_json: bool, folder: Path | None = None) -> None:
    """Tell how the run ended, and which frames failed; `folder` has the ledger, which names them all."""
    if as_json:
        tell_json(_last_event(tally))
    counts = tally.counts
    parts = [f"{counts[status]} {status}" for status in Status if counts[status]] or ["nothing done"]
    pace = f", {rate(tally.per_minute(tally.seconds))}" if tally.worked() and tally.seconds else ""
    say(f"{counted(tally.total, 'frame')}: {', '.join(parts)} in {duration(tally.seconds)}{pace}")
    if load := _load(tally):
        say(f"share of the work: {load}")
    _say_failed(tally, folder)
    if tally.flagged:
        say(f"{counted(tally.flagged, 'frame')} flagged: the trail says why, and a look is worth it")
    if tally.interrupted:
        left = tally.total - tally.done()
        say(f"interrupted: {counted(left, 'frame')} not done; the same command goes on with what is missing")
    if tally.page:
        say(f"look at {shown(tally.page)}")


def _say_failed(tally: Tally, folder: Path | None) -> None:
    for source, reason in list(tally.failed.items())[:LISTED]:
        say(f"failed: {shown(with_source(source, reason))}")
    more = len(tally.failed) - LISTED
    if more > 0:
        where = f"; `unveil status {shown(folder)}` names them all" if folder else ""
        say(f"and {more} more failed{where}")


def _remark(tally: Tally, seconds: float) -> str:
    """Return throughput, failures and load of the devices so far."""
    pace = rate(tally.per_minute(seconds)) if tally.worked() else ""
    failed = f"{len(tally.failed)} failed" if tally.failed else ""
    return ", ".join(filter(None, (pace, failed, _load(tally))))


def _load(tally: Tally) -> str:
    """Return the share of the work that each device had, where there are several."""
    shares = tally.shares()
    return ", ".join(f"{device} {share:.0%}" for device, share in shares.items()) if len(shares) > 1 else ""


def _first_event(total: int, folder: Place | None) -> dict[str, object]:
    return {
        "event": "begin",
        "total": total,
        "output": str(absolute(folder)) if folder else None,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
    }


def _last_event(tally: Tally) -> dict[str, object]:
    return {
        "event": "end",
        **{status.value: tally.counts[status] for status in Status},
        "flagged": tally.flagged,
        "failures": [{"source": source, "reason": reason} for source, reason in tally.failed.items()],
        "total": tally.total,
        "interrupted": tally.interrupted,
        "seconds": tally.seconds,
        "frames_per_minute": round(tally.per_minute(tally.seconds), 3),
        "devices": {device: round(share, 4) for device, share in tally.shares().items()},
        "exit_status": tally.exit_status(),
        "page": str(tally.page) if tally.page else None,
    }
