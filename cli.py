"""The command line: words in, words out; no image code. Each verb imports the heavy parts that it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import unveil
from unveil.pipeline.entry import run_app

if TYPE_CHECKING:
    from unveil.pipeline.method import MethodSpec
    from unveil.pipeline.network import NetworkSpec
    from unveil.pipeline.plan import Plan
    from unveil.pipeline.registry import Registry
    from unveil.plugins.separation.weights import WeightFile

app = typer.Typer(
    name="unveil",
    help="Takes reflections out of photographs shot through glass: RAW in, colour-managed files out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
recipes_app = typer.Typer(help="List, show and describe recipes.", no_args_is_help=True)
weights_app = typer.Typer(help="List, verify and import weight files.", no_args_is_help=True)
methods_app = typer.Typer(
    help="List the methods that the stage `separate` can use, and check published ones."
)
app.add_typer(recipes_app, name="recipes")
app.add_typer(weights_app, name="weights")
app.add_typer(methods_app, name="methods")

Recipe = Annotated[str, typer.Argument(metavar="RECIPE", help="Name of a recipe, or a .yaml file.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder of the results; created where missing.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of errors.")]
Precision = Literal["float32", "bfloat16", "float16"]
Jobs = Annotated[
    int | None,
    typer.Option(min=0, help="Worker processes; 0: stay in this process. Default: what suits the machine."),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="What networks may take in all, e.g. 4GiB; default: half of what is free."
    ),
]
DebugHere = Annotated[
    bool, typer.Option("--debug", help="Show tracebacks; stay in this process unless --jobs says else.")
]


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


@app.command()
def run(
    recipe: Recipe,
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Files, folders or quoted globs.", show_default=False),
    ],
    output: Output,
    jobs: Jobs = None,
    scheduler: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Use the workers of this dask scheduler, e.g. tcp://host:8786."),
    ] = "",
    device: Device = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each frame and a last one.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results that are there already.")
    ] = False,
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
    from unveil.pipeline.memory import parse_bytes
    from unveil.pipeline.run import Options, execute, prepare
    from unveil.pipeline.voice import say_beside_raw, say_end, say_left_out, told

    options = Options(
        output=output,
        overwrite=overwrite,
        retry_failed=retry_failed,
        jobs=0 if debug and jobs is None and not scheduler else jobs,
        scheduler=scheduler,
        max_memory=parse_bytes(max_memory) if max_memory else None,
        debug=debug,
        report=report,
    )
    prepared = prepare(_plan(recipe, "cpu" if scheduler else device, set_ or ()), inputs, options)
    say_left_out(prepared.left_out, output)
    say_beside_raw(prepared.beside_raw)
    with told(prepared.shoot.total(), as_json) as each:
        tally = execute(prepared, each)
    say_end(tally, as_json)
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
    from unveil.pipeline.remix.recipe import Wishes
    from unveil.pipeline.remix.remix import prepare_remix
    from unveil.pipeline.voice import say_end, told

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
    settled = prepare_remix(_registry(), records, wishes)
    with told(settled.total(), as_json) as each:
        tally = settled.execute(each)
    say_end(tally, as_json)
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
    from unveil.comparison.compare import comparison_rows, run_comparison, to_json
    from unveil.comparison.variants import choose_variants, settle_comparison, split_input
    from unveil.pipeline.console import progress, say, table, tell_json
    from unveil.pipeline.memory import parse_bytes

    registry = _registry()
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
def check(recipe: Recipe, debug: Debug = False) -> None:
    """Check a recipe from end to end; no picture is read."""
    from unveil.pipeline.console import say, table
    from unveil.pipeline.tables import plan_rows

    plan = _plan(recipe, "cpu")
    table(("#", "stage", "takes", "gives", "writes"), plan_rows(plan))
    say(f"{plan.recipe.name}: good")


@app.command()
def demo(output: Output, jobs: Jobs = None, device: Device = "auto", debug: Debug = False) -> None:
    """Develop the sample frames of the package."""
    from unveil.pipeline.console import table
    from unveil.pipeline.demo import demo_rows, prepare_demo, run_demo
    from unveil.pipeline.run import Options
    from unveil.pipeline.voice import say_end, told

    options = Options(output=output, jobs=jobs, debug=debug)
    prepared = prepare_demo(_registry(), device, options)
    with told(prepared.shoot.total(), as_json=False) as each:
        tally, results = run_demo(prepared, each)
    table(("frame", "time", "written", "PSNR before", "PSNR after"), demo_rows(results))
    say_end(tally, as_json=False)
    raise typer.Exit(tally.exit_status())


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A picture file.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what a picture file says of itself."""
    from unveil.pipeline.console import table, tell_json
    from unveil.pipeline.inspect import inspect, rows

    found = inspect(file, _registry())
    if as_json:
        tell_json(found)
    else:
        table(("fact", "value"), rows(found))


@recipes_app.command("list")
def recipes_list(debug: Debug = False) -> None:
    """List the recipes that can be run by name."""
    from unveil.pipeline.console import table
    from unveil.pipeline.tables import recipe_rows

    table(("recipe", "description", "from"), recipe_rows(_registry()))


@recipes_app.command("show")
def recipes_show(recipe: Recipe, debug: Debug = False) -> None:
    """Print a recipe as YAML, every parameter spelled out."""
    from unveil.pipeline.recipe.recipe import load_recipe

    print(load_recipe(recipe, _registry()).to_yaml(), end="")


@recipes_app.command("schema")
def recipes_schema(debug: Debug = False) -> None:
    """Print the JSON Schema of recipes."""
    from unveil.pipeline.console import tell_json
    from unveil.pipeline.recipe.schema import recipe_schema

    tell_json(recipe_schema(_registry()))


@app.command()
def stages(debug: Debug = False) -> None:
    """List the stages that recipes can name."""
    from unveil.pipeline.console import table
    from unveil.pipeline.tables import stage_rows

    table(("stage", "spaces", "what it does", "from"), stage_rows(_registry()))


@methods_app.callback(invoke_without_command=True)
def methods(context: typer.Context, debug: Debug = False) -> None:
    """List methods and check published ones."""
    if context.invoked_subcommand is None:
        methods_list()


@methods_app.command("list")
def methods_list(debug: Debug = False) -> None:
    """List the methods that the stage `separate` can use."""
    from unveil.pipeline.console import table
    from unveil.pipeline.tables import METHOD_HEADERS, method_rows

    table(METHOD_HEADERS, method_rows(_registry()))


@methods_app.command("verify")
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
    from unveil.pipeline.console import table
    from unveil.pipeline.devices import resolve_device
    from unveil.pipeline.tables import check_rows
    from unveil.plugins.separation.verify import tolerance_of, verify

    spec = _registry().network(name)
    allowed = tolerance_of(spec, dtype) if tolerance is None else tolerance
    checks = list(verify(spec, reference, resolve_device(device), dtype))
    table(("case", "largest error", "in", "state"), check_rows(checks, allowed))
    if any(check.failed(allowed) for check in checks):
        raise typer.Exit(1)


@app.command()
def plugins(debug: Debug = False) -> None:
    """List the loaded plugins."""
    from unveil.pipeline.console import table
    from unveil.pipeline.tables import plugin_rows

    table(("plugin", "distribution", "version", "hooks"), plugin_rows(_registry()))


@weights_app.command("list")
def weights_list(debug: Debug = False) -> None:
    """List the weight files of all methods."""
    from unveil.plugins.separation.weights import list_weights

    _weights(list_weights)


@weights_app.command("verify")
def weights_verify(debug: Debug = False) -> None:
    """Check hash and fit of every weight file."""
    from unveil.plugins.separation.weights import verify_weights

    if _weights(verify_weights):
        raise typer.Exit(3)


@weights_app.command("import")
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
    from unveil.pipeline.console import tell
    from unveil.plugins.separation.store import import_weights

    tell(str(import_weights(_registry().network(method), variant, files)))


@app.command()
def train(
    output: Output,
    config: Annotated[
        Path | None,
        typer.Argument(metavar="CONFIG", help="A .yaml file, see training/configs.", show_default=False),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="In place of CONFIG: the configuration that is shipped for a method.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="In place of the configuration's steps.")] = None,
    device: Device = "auto",
    data: Annotated[
        Path | None, typer.Option(help="Folder that holds the configuration's folders; default: beside it.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="A checkpoint to go on from.")] = None,
    debug: Debug = False,
) -> None:
    """Train the network of a method on photographs."""
    from unveil.pipeline.console import say, tell
    from unveil.pipeline.devices import resolve_device
    from unveil.training.config import choose_config
    from unveil.training.train import run

    chosen = choose_config(config, method)
    tell(str(run(chosen, output, resolve_device(device), resume, data, steps, say)))


@app.command()
def synth(
    output: Output,
    config: Annotated[
        Path | None,
        typer.Argument(
            metavar="CONFIG",
            help="A .yaml file of a training; default: unveilnet_photometric.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="In place of CONFIG: the configuration that is shipped for a method.")
    ] = None,
    samples: Annotated[int, typer.Option("-n", "--samples", min=1, help="How many.")] = 24,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    device: Device = "auto",
    data: Annotated[
        Path | None, typer.Option(help="Folder that holds the configuration's folders; default: beside it.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write samples of the reflections that a training learns from."""
    from unveil.pipeline.console import say, tell
    from unveil.pipeline.devices import resolve_device
    from unveil.training.config import choose_config
    from unveil.training.synth.samples import PHOTOMETRIC, write_samples

    chosen = choose_config(config, method) if config or method else PHOTOMETRIC
    tell(str(write_samples(chosen, output, samples, seed, resolve_device(device), data, say)))


@app.command()
def evaluate(
    pairs: Annotated[Path, typer.Option("--pairs", help="Folder of pairs, e.g. blended/ and transmission/.")],
    method: Annotated[str | None, typer.Option("--method", help="Name of a method.")] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="In place of --method: folder of answers already made.")
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="The published set that the folder holds: real20, nature20, sir2, sir2-postcard, sir2-object "
            "or sir2-wild; shows what others reached on it."
        ),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A pair that is not measured, may be repeated."),
    ] = None,
    with_unaligned: Annotated[
        bool, typer.Option("--with-unaligned", help="Measure pairs marked as not aligned as well.")
    ] = False,
    short_side: Annotated[
        int | None, typer.Option(min=32, help="Shrink both pictures to this short side first.")
    ] = None,
    lpips: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Weights of LPIPS: AlexNet's or VGG-16's features, and again: its heads."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write every figure as JSON; -: to stdout.")
    ] = None,
    device: Device = "auto",
    debug: Debug = False,
) -> None:
    """Measure a method on pairs of photographs, with and without glass."""
    from unveil.pipeline.console import progress, say, table, tell_json
    from unveil.pipeline.devices import resolve_device
    from unveil.training.asked import Wishes, prepare

    wishes = Wishes(
        pairs=pairs,
        method=method,
        pictures=pictures,
        protocol=protocol,
        leave_out=tuple(leave_out or ()),
        with_unaligned=with_unaligned,
        short_side=short_side,
        lpips=tuple(lpips or ()),
    )
    evaluation = prepare(wishes, _registry(), resolve_device(device))
    to_stdout = json_file == Path("-")
    with progress(evaluation.total(), "measuring", quiet=to_stdout) as step:
        report = evaluation.run(lambda row: step(row.name))
    for note in evaluation.notes():
        say(note)
    if to_stdout:
        tell_json(report.to_json())
        return
    if json_file is not None:
        report.write(json_file)
    for headers, rows in report.tables():
        table(headers, rows)


def _plan(recipe: str, device: str, overrides: Sequence[str] = ()) -> Plan:
    from unveil.pipeline.plan import make_plan
    from unveil.pipeline.recipe.recipe import load_recipe

    registry = _registry()
    return make_plan(load_recipe(recipe, registry, overrides), registry, device)


def _registry() -> Registry:
    from unveil.pipeline.registry import build_registry

    return build_registry()


def _weights(look: Callable[[Iterable[MethodSpec], Iterable[NetworkSpec]], Iterable[WeightFile]]) -> bool:
    """Show weight files; return whether one of them has a problem."""
    from unveil.pipeline.console import table
    from unveil.pipeline.tables import weight_rows

    registry = _registry()
    files = list(look(registry.methods.values(), registry.networks.values()))
    table(("method", "file", "licence", "state"), weight_rows(files))
    return any(file.problem for file in files)


if __name__ == "__main__":
    raise SystemExit(main())
