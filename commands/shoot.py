"""Verbs that ask the ledger of a shoot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .options import Debug, Json

if TYPE_CHECKING:
    from ..pipeline.ledger import Ledger

app = typer.Typer()
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a run, or its --ledger.")]


@app.command()
def status(folder: Folder, as_json: Json = False, debug: Debug = False) -> None:
    """Tell what came of a shoot: how many frames, which failed and why, which want a look."""
    from ..pipeline.console import say, table, tell_json
    from ..pipeline.ledger.status import status_facts, status_line, status_rows

    with _ledger(folder) as ledger:
        if as_json:
            tell_json(status_facts(ledger))
            return
        if rows := status_rows(ledger):
            table(("frame", "what about it"), rows)
        say(status_line(ledger))


@app.command()
def verify(
    folder: Folder,
    sources: Annotated[bool, typer.Option("--sources", help="Read the sources too.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Read every result again: is it there, and still what was written?"""
    from ..pipeline.console import progress, say, table, tell_json
    from ..pipeline.ledger.verify import verify as look
    from ..pipeline.shown import counted
    from ..pipeline.store import results_of

    with _ledger(folder) as ledger:
        files = ledger.files()
        with progress(files, "reading", quiet=as_json) as step:
            bad = look(results_of(folder), ledger, sources, lambda checked: step(checked.path))
    if as_json:
        tell_json(
            {"files": files, "bad": [{"path": b.path, "finding": b.finding, "source": b.source} for b in bad]}
        )
    elif bad:
        table(("file", "finding", "of"), [(b.path, b.finding, b.source) for b in bad])
    say(f"{counted(files, 'file')}: {f'{len(bad)} not as written' if bad else 'all as written'}")
    raise typer.Exit(1 if bad else 0)


@app.command()
def export(
    folder: Folder,
    form: Annotated[
        Literal["csv", "json", "mhl"],
        typer.Option("--format", help="csv, json, or mhl: an ASC MHL history in the folder itself."),
    ] = "csv",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; default: stdout. Not for mhl.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write the ledger for other programs."""
    from ..pipeline.console import say, tell
    from ..pipeline.errors import RecipeError
    from ..pipeline.ledger.export import to_csv, to_json
    from ..pipeline.ledger.mhl import write_mhl
    from ..pipeline.shown import shown
    from ..pipeline.store import results_of
    from ..pipeline.url import Url
    from ..pipeline.whole import write_whole

    with _ledger(folder) as ledger:
        if form == "mhl":
            if output is not None:
                raise RecipeError("an ASC MHL history stands in the folder that it is of; leave out --output")
            results = results_of(folder)
            if isinstance(results, Url):
                raise RecipeError(
                    f"an ASC MHL history stands in the folder that it is of, and {shown(results)} is elsewhere; "
                    "take csv or json"
                )
            say(f"written: {shown(write_mhl(results, ledger))}")
            return
        text = to_csv(ledger) if form == "csv" else to_json(ledger)
    if output is None:
        tell(text.rstrip("\n"))
    else:
        write_whole(output, text)


@contextmanager
def _ledger(folder: Path) -> Iterator[Ledger]:
    from ..pipeline.errors import RecipeError
    from ..pipeline.ledger import NAME, reading
    from ..pipeline.shown import shown

    with reading(folder) as ledger:
        if ledger is None:
            raise RecipeError(
                f"{shown(folder)}: holds no {NAME}; give the output folder of a run, or what was its --ledger"
            )
        yield ledger
