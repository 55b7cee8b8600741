"""What a comparison will do, settled before any work: which variants, on which frame, into which folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ..pipeline.errors import RecipeError
from ..pipeline.inputs import find_sources
from ..pipeline.naming import Naming
from ..pipeline.plan import Plan, make_plan
from ..pipeline.recipe.check import METHOD_STAGE
from ..pipeline.recipe.recipe import SUFFIXES, Recipe, load_recipe
from ..pipeline.registry import Registry
from ..pipeline.shoot import make_folder, settle
from ..pipeline.shown import shown
from ..pipeline.stage import Parameters

PAGE = "compare.html"
KEPT = ("blended", "reflection")
"""Side layers that the page shows; every variant keeps them, whatever its recipe says."""
LONGEST_NAME = 60
"""Characters of a folder's name that are taken from a recipe's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to develop the frame."""

    name: str
    """Of its column and its folder below the output folder; safe in a path, and no other variant has it."""
    plan: Plan
    method: str
    """The method that its recipe names; empty where nothing is separated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A comparison that may begin."""

    variants: tuple[Variant, ...]
    source: Path
    truth: Path | None
    output: Path
    """Absolute, and there."""
    overwrite: bool
    max_memory: int | None = None
    """Bytes that the networks may take; None: what they find free."""


def choose_variants(
    registry: Registry,
    recipes: Sequence[str],
    methods: Sequence[str],
    base: str,
    overrides: Sequence[str],
    device: str,
) -> tuple[Variant, ...]:
    """Load and plan every variant: the recipes, then `base` with each of the methods.

    Raises
    ------
    RecipeError
        With one sentence for each mistake: a recipe or method that is not there, a recipe without `separate` for a
        method, fewer than two variants, the same one twice.
    EnvironmentFailure
        The device is not there.
    """
    asked: list[tuple[str, str]] = [(recipe, "") for recipe in recipes]
    asked += [(base, method) for method in methods]
    if len(asked) < 2:
        there = f"there is only {shown(asked[0][1] or asked[0][0])}" if asked else "there is none"
        raise RecipeError(f"give at least two recipes or methods to compare; {there}")
    found: list[Variant] = []
    problems: list[str] = []
    for recipe, method in asked:
        try:
            plan = _plan(registry, recipe, method, overrides, device)
            found.append(_variant(plan, method or _label(recipe), found))
        except RecipeError as error:
            problems.extend(error.problems)
    problems.extend(_twice(found))
    if problems:
        raise RecipeError(*dict.fromkeys(problems))
    return tuple(found)


def settle_comparison(
    variants: tuple[Variant, ...],
    given: str,
    truth: Path | None,
    output: Path,
    overwrite: bool,
    max_memory: int | None = None,
) -> Settled:
    """Find the frame, make the output folder, and see that nothing is written over unasked.

    Raises
    ------
    RecipeError
        The input or the truth is not one file, a result would replace either of them, or results are there already.
    EnvironmentFailure
        The output folder cannot be used.
    """
    source = _one_file(given, "to compare on")
    known = None if truth is None else _one_file(str(truth), "that is the truth")

    def outputs(naming: Naming) -> tuple[PurePosixPath, ...]:
        return PurePosixPath(PAGE), *(v.name / path for v in variants for path in v.plan.outputs(naming))

    folder = Path(output).absolute()
    shoot = settle([source], outputs, folder, overwrite)
    if known is not None and any(_is_file(folder / name, known) for name in outputs(Naming.of(source))):
        raise RecipeError(
            f"{shown(known)}: a result would replace the truth; give another output folder with -o"
        )
    if shoot.skipped:
        raise RecipeError(f"{shown(output)}: {shoot.skipped[0].reason}")
    make_folder(folder)
    return Settled(
        variants=variants,
        source=source,
        truth=known,
        output=folder,
        overwrite=overwrite,
        max_memory=max_memory,
    )


def split_input(words: Sequence[str], registry: Registry) -> tuple[list[str], str]:
    """Return the recipes and the input, which stands last; `RecipeError` where that is a recipe."""
    *recipes, given = words
    if not Path(given).exists() and given in registry.recipes:
        raise RecipeError(
            f"{shown(given)} is a recipe and there is no file of that name; the frame to compare on is missing: "
            "it is the last argument"
        )
    if Path(given).suffix.lower() in SUFFIXES:
        raise RecipeError(f"{shown(given)}: a recipe; the last argument is the frame to compare on")
    return recipes, given


def _plan(registry: Registry, recipe: str, method: str, overrides: Sequence[str], device: str) -> Plan:
    if method:
        registry.method(method)
        if METHOD_STAGE not in (name for name, _ in load_recipe(recipe, registry).stages):
            raise RecipeError(
                f"{shown(recipe)}: the recipe has no stage {METHOD_STAGE!r} that could use the method {method!r}; "
                "give one that has with --recipe"
            )
        overrides = [*overrides, f"{METHOD_STAGE}.method={method}"]
    return make_plan(_keeping(load_recipe(recipe, registry, overrides)), registry, device)


def _keeping(recipe: Recipe) -> Recipe:
    """Return the recipe with the layers kept that the page shows: the frame as it came before its first separation."""
    stages: list[tuple[str, Parameters]] = []
    wanted: tuple[str, ...] = KEPT
    for name, parameters in recipe.stages:
        if name == METHOD_STAGE and "keep" in type(parameters).model_fields:
            kept = tuple(dict.fromkeys((*getattr(parameters, "keep", ()), *wanted)))
            parameters, wanted = parameters.model_copy(update={"keep": kept}), KEPT[1:]
        stages.append((name, parameters))
    return replace(recipe, stages=tuple(stages))


def _variant(plan: Plan, label: str, others: Iterable[Variant]) -> Variant:
    safe = re.sub(r"[^\w-]+", "_", shown(label))[:LONGEST_NAME].strip("_") or "variant"
    taken = {other.name.casefold() for other in others}
    names = (safe, *(f"{safe}-{number}" for number in range(2, len(taken) + 2)))
    name = next(name for name in names if name.casefold() not in taken)
    used = [str(getattr(p, "method", "")) for stage, p in plan.recipe.stages if stage == METHOD_STAGE]
    return Variant(name=name, plan=plan, method=", ".join(used))


def _label(recipe: str) -> str:
    path = Path(recipe)
    return path.stem if path.suffix.lower() in SUFFIXES else recipe


def _twice(variants: Sequence[Variant]) -> Iterator[str]:
    first: dict[str, Variant] = {}
    for variant in variants:
        earlier = first.setdefault(variant.plan.hash, variant)
        if earlier is not variant:
            yield f"{earlier.name} and {variant.name} do the same to the frame; leave one of them out"


def _one_file(given: str, what: str) -> Path:
    found = find_sources([given])
    if len(found) > 1:
        raise RecipeError(f"{shown(given)}: holds {len(found)} pictures; give the one {what}")
    return found[0].absolute()


def _is_file(path: Path, other: Path) -> bool:
    return path.exists() and path.samefile(other)
