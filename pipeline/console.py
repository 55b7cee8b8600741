"""Words on the terminal: results to stdout, messages to stderr; plain where nobody is watching."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from .results import FrameResult
from .shown import duration, shown

PLAIN_EVERY = 5.0
"""Seconds between lines of progress where stderr is not a terminal."""


class Step(Protocol):
    """Called when one unit of the work is done."""

    def __call__(self, name: str, remark: str = "", took_time: bool = True) -> None:
        """Show that a unit is done.

        Parameters
        ----------
        name
            What it was.
        remark
            What else is to be shown of the work so far.
        took_time
            It was work: the time that is left is reckoned from such units alone.
        """


def say(message: str) -> None:
    """Print a message to stderr, each line of it free of control characters."""
    for line in message.split("\n"):
        print(shown(line), file=sys.stderr, flush=True)


def tell(text: str) -> None:
    """Print a line of results to stdout, free of control characters."""
    print(shown(text), flush=True)


def tell_json(data: object) -> None:
    """Print a line of JSON to stdout."""
    print(json.dumps(data), flush=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to stdout: drawn on a terminal, else columns of plain text that are never cut."""
    clean = [[shown(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _drawn(headers, clean)
        return
    widths = [max(map(len, column)) for column in zip(headers, *clean, strict=True)]
    for row in (headers, *clean):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def frame_line(result: FrameResult) -> str:
    """Return one line on what came of a frame."""
    if result.reason:
        return f"{result.status:8}{with_source(result.source, result.reason)}"
    names = ", ".join(written.path for written in result.outputs)
    flag = " (flagged)" if result.is_flagged() else ""
    return f"{result.status:8}{result.source}: {duration(result.seconds)}: {names}{flag}"


def with_source(source: str, reason: str) -> str:
    """Return the reason, with the source before it unless it says which file it is about."""
    return reason if reason.startswith(source) else f"{source}: {reason}"


@contextmanager
def progress(total: int, doing: str, quiet: bool = False) -> Iterator[Step]:
    """Show how far the work is and how long it will take: a bar on a terminal, else a line now and then.

    Parameters
    ----------
    total
        Units of work.
    doing
        What is done, e.g. `developing`.
    quiet
        Show nothing where stderr is not a terminal.
    """
    if sys.stderr.isatty():
        with _bar(total, doing) as step:
            yield step
    else:
        yield _nothing if quiet else _lines(total, doing)


def _drawn(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        drawn.add_column(header, overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))
    Console(file=sys.stdout).print(drawn)


@dataclass(slots=True)
class _Pace:
    """How far the work is, and how long the rest of it will take."""

    total: int
    started: float
    done: int = 0
    worked: int = 0

    def step(self, took_time: bool) -> None:
        self.done += 1
        self.worked += took_time

    def words(self, now: float, remark: str) -> str:
        if not self.worked or self.done == self.total:
            return remark
        left = (now - self.started) / self.worked * (self.total - self.done)
        return ", ".join(filter(None, (f"about {duration(left)} left", remark)))


def _nothing(name: str, remark: str = "", took_time: bool = True) -> None:
    pass


@contextmanager
def _bar(total: int, doing: str) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.text import Text

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[remark]}", markup=False),
    )
    # Lines printed meanwhile go above the bar; where stdout is a file they must stay on their way there.
    bar = Progress(
        *columns, console=Console(file=sys.stderr), redirect_stdout=sys.stdout.isatty(), transient=True
    )
    pace = _Pace(total, monotonic())
    with bar:
        task = bar.add_task(doing, total=total, remark="")

        def step(name: str, remark: str = "", took_time: bool = True) -> None:
            pace.step(took_time)
            description = Text(f"{doing} {shown(name)}").plain[:40]
            words = shown(pace.words(monotonic(), remark))
            bar.update(task, advance=1, description=description, remark=words)

        yield step


def _lines(total: int, doing: str) -> Step:
    started = last = monotonic()
    pace = _Pace(total, started)

    def step(name: str, remark: str = "", took_time: bool = True) -> None:
        nonlocal last
        pace.step(took_time)
        now = monotonic()
        if now - last >= PLAIN_EVERY and pace.done < total:
            last = now
            say(", ".join(filter(None, (f"{doing}: {pace.done} of {total}", pace.words(now, remark)))))

    return step
