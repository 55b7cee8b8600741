"""Words on the terminal: results to stdout, messages to stderr; plain where nobody is watching."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from .results import FrameResult
from .shown import duration, shown

PLAIN_EVERY = 5.0
"""Seconds between lines of progress where stderr is not a terminal."""

Step = Callable[[str], None]
"""Called when one unit of the work is done, with a word on what it was."""


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
        return f"{result.status:8}{_with_source(result)}"
    names = ", ".join(written.path for written in result.outputs)
    flag = " (flagged)" if result.is_flagged() else ""
    return f"{result.status:8}{result.source}: {duration(result.seconds)}: {names}{flag}"


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
        yield (lambda name: None) if quiet else _lines(total, doing)


def _with_source(result: FrameResult) -> str:
    """Return the reason, with the source before it unless it says which file it is about."""
    return result.reason if result.reason.startswith(result.source) else f"{result.source}: {result.reason}"


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


@contextmanager
def _bar(total: int, doing: str) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    # Lines printed meanwhile go above the bar; where stdout is a file they must stay on their way there.
    bar = Progress(
        *columns, console=Console(file=sys.stderr), redirect_stdout=sys.stdout.isatty(), transient=True
    )
    with bar:
        task = bar.add_task(doing, total=total)

        def step(name: str) -> None:
            bar.update(task, advance=1, description=Text(f"{doing} {shown(name)}").plain[:60])

        yield step


def _lines(total: int, doing: str) -> Step:
    started = last = monotonic()
    done = 0

    def step(name: str) -> None:
        nonlocal done, last
        done += 1
        now = monotonic()
        if now - last >= PLAIN_EVERY and done < total:
            last = now
            left = duration((now - started) / done * (total - done))
            say(f"{doing}: {done} of {total}, about {left} left")

    return step
