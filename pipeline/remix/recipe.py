"""The recipe of a record, with what shall be other than the first time."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RecipeError
from ..recipe.check import METHOD_STAGE
from ..recipe.recipe import Recipe, parse_recipe
from ..registry import Registry
from ..shown import shown
from .record import Facts

FREE = frozenset({"strength", "mask", "keep", "policy", "record"})
"""Parameters of the separation that may change: the others decide what is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What shall be other than the first time, and where the results go."""

    output: Path
    strength: float | None = None
    mask: Path | None = None
    source: Path | None = None
    """Where the sources are now: the file of a single record, or a folder."""
    overrides: Sequence[str] = ()
    """As `load_recipe` takes them."""
    device: str = "cpu"
    overwrite: bool = False
    jobs: int | None = None
    """Worker processes; None: what suits the machine; 0: none, everything in this process."""
    debug: bool = False


def recipe_again(registry: Registry, record: Path, facts: Facts, wishes: Wishes) -> Recipe:
    """Return the recipe of a record with the wishes in it.

    Raises
    ------
    RecipeError
        A parameter does not fit, or may not change because it decides what is found.
    """
    before = parse_recipe(facts.recipe, registry, str(record))
    name = before.stages[facts.place][0] if facts.place < len(before.stages) else ""
    if name != METHOD_STAGE:
        raise RecipeError(f"{shown(record)}: stages[{facts.place}] of its recipe is no {METHOD_STAGE!r}")
    nth = sum(name == METHOD_STAGE for name, _ in before.stages[: facts.place])
    own = []
    if wishes.strength is not None:
        own.append(f"{METHOD_STAGE}[{nth}].strength={wishes.strength!r}")
    if wishes.mask is not None:
        own.append(f"{METHOD_STAGE}[{nth}].mask={json.dumps(os.path.abspath(wishes.mask))}")
    after = parse_recipe(facts.recipe, registry, str(record), [*wishes.overrides, *own])
    _check_changes(record, before, after, facts.place)
    return after


def _check_changes(record: Path, before: Recipe, after: Recipe, place: int) -> None:
    """Refuse (`RecipeError`) changes to what decides what is found."""
    for index in range(place + 1):
        name = before.stages[index][0]
        old, new = (recipe.stages[index][1].model_dump(mode="json") for recipe in (before, after))
        free = FREE if index == place else frozenset[str]()
        changed = sorted(key for key in {*old, *new} - free if old.get(key) != new.get(key))
        if changed:
            raise RecipeError(
                f"{shown(record)}: '{name}.{changed[0]}' decides what is found, and a remix finds nothing anew; "
                "run the recipe again"
            )
    _check_kept(record, before.stages[place][1], after.stages[place][1])


def _check_kept(record: Path, before: Any, after: Any) -> None:
    """Refuse (`RecipeError`) a residual that was not recorded, for it is not always made."""
    if "residual" in after.keep and "residual" not in before.keep:
        raise RecipeError(
            f"{shown(record)}: its residual was not recorded; run the recipe again with it in `keep`"
        )
