"""Verbs that make pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..pipeline.existing import Existing
from ..pipeline.groups.group import Grouping
from .options import (
    Debug,
    DebugHere,
    Device,
    Jobs,
    MaxMemory,
    Output,
    Recipe,
    get_registry,
    make_plan_of,
)

app = typer.Typer()


@app.command()
def run(
    recipe: Recipe,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help="Files, folders or quoted globs; paths or URLs.", show_default=False
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder of the results, or its URL; created where missing."
        ),
    ],
    ledger: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the ledger; default: that of the results."),
    ] = None,
    jobs: Jobs = None,
    scheduler: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Use the workers of this dask scheduler, e.g. tcp://host:8786."),
    ] = "",
    dashboard: Annotated[
        str,
        typer.Option(
            metavar="HOST[:PORT]",
            help="Show dask's dashboard there, e.g. localhost; on a free port unless one is named.",
        ),
    ] = "",
    device: Device = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each frame and a last one.")
    ] = False,
    existing: Annotated[
        Existing,
        typer.Option(
            help="What to do where a result's name is taken: skip the frame, overwrite, or number the result."
        ),
    ] = Existing.SKIP,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Short for --existing overwrite.")] = False,
    job: Annotated[
        str, typer.Option(metavar="NAME", help="What {job} stands for in the names of results.")
    ] = "",
    group: Annotated[
        Grouping | None,
        typer.Option(
            help="Frames that share white balance, exposure and the like: of one scene, of one folder, or none. "
            "Default: as the recipe says.",
            show_default=False,
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Only frames that failed in an earlier run.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STAGE.PARAM=VALUE", help="Override one parameter; may be repeated."),
    ] = None,
    max_memory: MaxMemory = None,
    debug: DebugHere = False,
    report: Annotated[
        bool, typer.Option("--report", help="Write a page, index.html, beside the results.")
    ] = False,
) -> None:
    """Send pictures through a recipe."""
    from ..pipeline.dashboard import dashboard_address
    from ..pipeline.memory import parse_bytes
    from ..pipeline.run import Options, execute, prepare
    from ..pipeline.store import place_of
    from ..pipeline.voice import say_beside_raw, say_end, say_left_out, told

    options = Options(
        output=place_of(output),
        ledger=ledger,
        existing=Existing.OVERWRITE if overwrite else existing,
        job=job,
        group=group,
        retry_failed=retry_failed,
        jobs=0 if debug and jobs is None and not scheduler else jobs,
        scheduler=scheduler,
        dashboard=dashboard_address(dashboard, scheduler, jobs),
        max_memory=parse_bytes(max_memory) if max_memory else None,
        debug=debug,
        report=report,
    )
    prepared = prepare(make_plan_of(recipe, "cpu" if scheduler else device, set_ or ()), inputs, options)
    options = prepared.options
    say_left_out(prepared.left_out, options.output)
    say_beside_raw(prepared.beside_raw)
    with told(prepared.shoot.total(), as_json, options.output) as each:
        tally = execute(prepared, each)
    say_end(tally, as_json, options.home)
    raise typer.Exit(tally.exit_status())


@app.command()
def remix(
    records: Annotated[
        list[str],
        typer.Argument(
            metavar="RECORD...",
            help="Records (.unveil), folders of them, or results that were written together with one.",
            show_default=False,
        ),
    ],
    output: Output,
    strength: Annotated[
        float | None, typer.Option(min=-1, max=2, help="How much of the reflection is subtracted.")
    ] = None,
    mask: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Grey picture: white where the effect is wanted.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Where the source is now, or the folder of the sources."),
    ] = None,
    jobs: Jobs = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STAGE.PARAM=VALUE", help="Override one parameter; may be repeated."),
    ] = None,
    device: Device = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each frame and a last one.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that are there already.")
    ] = False,
    debug: DebugHere = False,
) -> None:
    """Mix frames again at another strength, from records, without the network."""
    from ..pipeline.remix.recipe import Wishes
    from ..pipeline.remix.remix import prepare_remix
    from ..pipeline.voice import say_end, told

    wishes = Wishes(
        output=output,
        strength=strength,
        mask=mask,
        source=source,
        overrides=set_ or (),
        device=device,
        overwrite=overwrite,
        jobs=0 if debug and jobs is None else jobs,
        debug=debug,
    )
    settled = prepare_remix(get_registry(), records, wishes)
    with told(settled.total(), as_json, output) as each:
        tally = settled.execute(each)
    say_end(tally, as_json, output)
    raise typer.Exit(tally.exit_status())


@app.command()
def compare(
    recipes: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE... INPUT",
            help="Recipes to compare, and last the picture; with --method, the picture alone will do.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of the page and of the results of each variant.")
    ] = Path("compare"),
    method: Annotated[
        list[str] | None,
        typer.Option("--method", metavar="NAME", help="Compare this method too; may be repeated."),
    ] = None,
    recipe: Annotated[str, typer.Option(metavar="RECIPE", help="What the methods are put into.")] = "window",
    truth: Annotated[
        Path | None, typer.Option(help="The same scene without glass, at the same size, to measure against.")
    ] = None,
    crops: Annotated[int, typer.Option(min=0, max=100, help="Most places to show pixel for pixel.")] = 6,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="STAGE.PARAM=VALUE", help="Override one parameter in all; may be repeated."
        ),
    ] = None,
    device: Device = "auto",
    max_memory: MaxMemory = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON to stdout.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that are there already.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Send one picture through several recipes or methods, and make a page to choose by."""
    from ..comparison.compare import comparison_rows, run_comparison, to_json
    from ..comparison.variants import choose_variants, settle_comparison, split_input
    from ..pipeline.console import progress, say, table, tell_json
    from ..pipeline.memory import parse_bytes

    registry = get_registry()
    limit = parse_bytes(max_memory) if max_memory else None
    chosen, given = split_input(recipes, registry)
    variants = choose_variants(registry, chosen, method or (), recipe, set_ or (), device)
    settled = settle_comparison(variants, given, truth, output, overwrite, limit)
    with progress(len(variants), "comparing", quiet=as_json) as step:
        found = run_comparison(settled, crops, step)
    for column in found.columns:
        if column.looks is None:
            say(f"{column.variant.name}: {column.result.traceback if debug else column.result.reason}")
    if as_json:
        tell_json(to_json(found))
    else:
        table(("variant", "time", "light taken", "Delta E: mean, 99 %", "PSNR"), comparison_rows(found))
    say(f"look at {found.page}")
    raise typer.Exit(found.exit_status())


@app.command()
def demo(output: Output, jobs: Jobs = None, device: Device = "auto", debug: Debug = False) -> None:
    """Develop the sample frames of the package."""
    from ..pipeline.console import table
    from ..pipeline.demo import demo_rows, prepare_demo, run_demo
    from ..pipeline.run import Options
    from ..pipeline.voice import say_end, told

    options = Options(output=output, jobs=jobs, debug=debug)
    prepared = prepare_demo(get_registry(), device, options)
    with told(prepared.shoot.total(), as_json=False) as each:
        tally, results = run_demo(prepared, each)
    table(("frame", "time", "written", "PSNR before", "PSNR after"), demo_rows(results))
    say_end(tally, as_json=False, folder=output)
    raise typer.Exit(tally.exit_status())
