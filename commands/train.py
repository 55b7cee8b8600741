"""Training and measuring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import (
    Debug,
    Device,
    Output,
    get_registry,
)

app = typer.Typer()


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
    from ..pipeline.console import say, tell
    from ..pipeline.devices import resolve_device
    from ..training.config import choose_config
    from ..training.train import run

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
    from ..pipeline.console import say, tell
    from ..pipeline.devices import resolve_device
    from ..training.config import choose_config
    from ..training.synth.samples import PHOTOMETRIC, write_samples

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
    from ..pipeline.console import progress, say, table, tell_json
    from ..pipeline.devices import resolve_device
    from ..training.asked import Wishes, prepare

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
    evaluation = prepare(wishes, get_registry(), resolve_device(device))
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
