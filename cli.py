"""The command line: words in, words out; no image code. The verbs are in `commands/`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import unveil
from unveil.commands import look, methods, run, shoot, train, watch, weights
from unveil.pipeline.entry import run_app

app = typer.Typer(
    name="unveil",
    help="Takes reflections out of photographs shot through glass: RAW in, colour-managed files out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verbs in (run, watch, shoot, look, train):
    app.add_typer(verbs.app)
app.add_typer(look.recipes_app, name="recipes")
app.add_typer(methods.app, name="methods")
app.add_typer(weights.app, name="weights")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    0: all good; 1: some frames failed; 2: recipe or arguments; 3: environment; 130: interrupted.
    """
    return run_app(app, sys.argv[1:] if arguments is None else list(arguments))


def _version(wanted: bool) -> None:
    if wanted:
        print(f"unveil {unveil.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options before the verb."""


if __name__ == "__main__":
    raise SystemExit(main())
