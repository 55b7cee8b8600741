"""The verb that watches a hot folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..pipeline.existing import Existing
from .options import DebugHere, Device, Jobs, MaxMemory, Output

app = typer.Typer()


@app.command()
def watch(
    incoming: Annotated[Path, typer.Argument(metavar="INCOMING", help="Folder into which pictures are put.")],
    recipe: Annotated[str, typer.Option(metavar="RECIPE", help="Name of a recipe, or a .yaml file.")],
    output: Output,
    then: Annotated[
        Literal["leave", "move", "mark"],
        typer.Option(help="Sources that are done: leave them, move them to done/, or mark them."),
    ] = "leave",
    tickets: Annotated[
        Literal["optional", "required"],
        typer.Option(help="Whether frames in sub-folders wait for a job.yaml beside them."),
    ] = "optional",
    every: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="Time between looks.")] = 2.0,
    settle: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0, help="A file is whole when it was the same for so long."),
    ] = 5.0,
    partner: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long a JPEG waits for its RAW.")
    ] = 10.0,
    done: Annotated[
        str,
        typer.Option(
            metavar="SUFFIX", help="Take pictures only where NAME+SUFFIX lies beside them, e.g. .done."
        ),
    ] = "",
    once: Annotated[bool, typer.Option("--once", help="End when what is there is done.")] = False,
    existing: Annotated[
        Existing,
        typer.Option(
            help="Where a result's name is taken: fail the frame (skip), overwrite, or number the result."
        ),
    ] = Existing.UNIQUE,
    job: Annotated[
        str, typer.Option(metavar="NAME", help="What {job} stands for where no ticket says it.")
    ] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STAGE.PARAM=VALUE", help="Override one parameter; may be repeated."),
    ] = None,
    jobs: Jobs = None,
    device: Device = "auto",
    max_memory: MaxMemory = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print events as lines of JSON.")] = False,
    debug: DebugHere = False,
) -> None:
    """Develop pictures as they come into a folder."""
    from ..pipeline.memory import parse_bytes
    from ..pipeline.watch.orders import Base
    from ..pipeline.watch.rules import Rules
    from ..pipeline.watch.start import Waits, watch_folder
    from ..pipeline.watch.ticket import Then
    from .options import get_registry

    rules = Rules(
        incoming=incoming.absolute(),
        output=output.absolute(),
        every=every,
        existing=existing,
        once=once,
        debug=debug,
        jobs=0 if debug and jobs is None else jobs,
        max_memory=parse_bytes(max_memory) if max_memory else None,
    )
    base = Base(recipe=recipe, overrides=set_ or (), job=job, then=Then(then), device=device)
    waits = Waits(settle=settle, partner=partner, sign=done, tickets=tickets == "required")
    raise typer.Exit(watch_folder(rules, base, waits, get_registry(), as_json))
