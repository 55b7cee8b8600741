"""Verbs that show what there is: files, recipes, stages, plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import (
    Debug,
    Json,
    Recipe,
    get_registry,
    make_plan_of,
)

app = typer.Typer()
recipes_app = typer.Typer(help="List, show and describe recipes.", no_args_is_help=True)


@app.command()
def check(recipe: Recipe, debug: Debug = False) -> None:
    """Check a recipe from end to end; no picture is read."""
    from ..pipeline.console import say, table
    from ..pipeline.tables import plan_rows

    plan = make_plan_of(recipe, "cpu")
    table(("#", "stage", "takes", "gives", "writes"), plan_rows(plan))
    say(f"{plan.recipe.name}: good")


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A picture file.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what a picture file says of itself."""
    from ..pipeline.console import table, tell_json
    from ..pipeline.inspect import inspect, rows

    found = inspect(file, get_registry())
    if as_json:
        tell_json(found)
    else:
        table(("fact", "value"), rows(found))


@recipes_app.command("list")
def recipes_list(debug: Debug = False) -> None:
    """List the recipes that can be run by name."""
    from ..pipeline.console import table
    from ..pipeline.tables import recipe_rows

    table(("recipe", "description", "from"), recipe_rows(get_registry()))


@recipes_app.command("show")
def recipes_show(recipe: Recipe, debug: Debug = False) -> None:
    """Print a recipe as YAML, every parameter spelled out."""
    from ..pipeline.recipe.recipe import load_recipe

    print(load_recipe(recipe, get_registry()).to_yaml(), end="")


@recipes_app.command("schema")
def recipes_schema(debug: Debug = False) -> None:
    """Print the JSON Schema of recipes."""
    from ..pipeline.console import tell_json
    from ..pipeline.recipe.schema import recipe_schema

    tell_json(recipe_schema(get_registry()))


@app.command()
def stages(debug: Debug = False) -> None:
    """List the stages that recipes can name."""
    from ..pipeline.console import table
    from ..pipeline.tables import stage_rows

    table(("stage", "spaces", "what it does", "from"), stage_rows(get_registry()))


@app.command()
def plugins(debug: Debug = False) -> None:
    """List the loaded plugins."""
    from ..pipeline.console import table
    from ..pipeline.tables import plugin_rows

    table(("plugin", "distribution", "version", "hooks"), plugin_rows(get_registry()))
