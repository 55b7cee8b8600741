"""Options that several verbs share, and how their words become a registry and a plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ..pipeline.plan import Plan
    from ..pipeline.registry import Registry

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


def make_plan_of(recipe: str, device: str, overrides: Sequence[str] = ()) -> Plan:
    """Return the plan of a recipe by name or path; raises what `load_recipe` and `make_plan` raise."""
    from ..pipeline.plan import make_plan
    from ..pipeline.recipe.recipe import load_recipe

    offered = get_registry()
    return make_plan(load_recipe(recipe, offered, overrides), offered, device)


def get_registry() -> Registry:
    """Return what the plugins offer; `PluginError` where one is broken."""
    from ..pipeline.registry import build_registry

    return build_registry()
