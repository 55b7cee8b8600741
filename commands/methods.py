"""Methods and published networks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import (
    Debug,
    Device,
    Precision,
    get_registry,
)

app = typer.Typer(help="List the methods that the stage `separate` can use, and check published ones.")


@app.callback(invoke_without_command=True)
def methods(context: typer.Context, debug: Debug = False) -> None:
    """List methods and check published ones."""
    if context.invoked_subcommand is None:
        methods_list()


@app.command("list")
def methods_list(debug: Debug = False) -> None:
    """List the methods that the stage `separate` can use."""
    from ..pipeline.console import table
    from ..pipeline.tables import METHOD_HEADERS, method_rows

    table(METHOD_HEADERS, method_rows(get_registry()))


@app.command("verify")
def methods_verify(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a published network.")],
    reference: Annotated[
        Path, typer.Option(help="Folder of cases: case_*.json with .npz, and perhaps keys.json.")
    ],
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0, help="Largest absolute error that is good. Default: 1e-5; in halves the network's."
        ),
    ] = None,
    device: Device = "cpu",
    dtype: Annotated[Precision, typer.Option(help="What to compute in.")] = "float32",
    debug: Debug = False,
) -> None:
    """Compare a published network with recorded cases."""
    from ..pipeline.console import table
    from ..pipeline.devices import resolve_device
    from ..pipeline.tables import check_rows
    from ..plugins.separation.verify import tolerance_of, verify

    spec = get_registry().network(name)
    allowed = tolerance_of(spec, dtype) if tolerance is None else tolerance
    checks = list(verify(spec, reference, resolve_device(device), dtype))
    table(("case", "largest error", "in", "state"), check_rows(checks, allowed))
    if any(check.failed(allowed) for check in checks):
        raise typer.Exit(1)
