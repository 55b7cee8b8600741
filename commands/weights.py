"""Weight files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    Debug,
    get_registry,
)

if TYPE_CHECKING:
    from ..pipeline.method import MethodSpec
    from ..pipeline.network import NetworkSpec
    from ..plugins.separation.weights import WeightFile

app = typer.Typer(help="List, verify and import weight files.", no_args_is_help=True)


@app.command("list")
def weights_list(debug: Debug = False) -> None:
    """List the weight files of all methods."""
    from ..plugins.separation.weights import list_weights

    _weights(list_weights)


@app.command("verify")
def weights_verify(debug: Debug = False) -> None:
    """Check hash and fit of every weight file."""
    from ..plugins.separation.weights import verify_weights

    if _weights(verify_weights):
        raise typer.Exit(3)


@app.command("import")
def weights_import(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="Name of a published network.")],
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="The authors' checkpoint files.", show_default=False),
    ],
    variant: Annotated[str, typer.Option(help="Which of its variants the files are of.")] = "",
    debug: Debug = False,
) -> None:
    """Convert the authors' weights of a published network and keep them."""
    from ..pipeline.console import tell
    from ..plugins.separation.store import import_weights

    tell(str(import_weights(get_registry().network(method), variant, files)))


def _weights(look: Callable[[Iterable[MethodSpec], Iterable[NetworkSpec]], Iterable[WeightFile]]) -> bool:
    """Show weight files; return whether one of them has a problem."""
    from ..pipeline.console import table
    from ..pipeline.tables import weight_rows

    registry = get_registry()
    files = list(look(registry.methods.values(), registry.networks.values()))
    table(("method", "file", "licence", "state"), weight_rows(files))
    return any(file.problem for file in files)
