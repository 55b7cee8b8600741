"""Lists for the command line: what plugins offer, what a plan will do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .errors import UnveilError
from .frame import Space
from .naming import Naming
from .plan import Plan
from .recipe.recipe import load_recipe
from .registry import Registry
from .stage import Routes

Row = tuple[str, ...]


def stage_rows(registry: Registry) -> list[Row]:
    """Return name, spaces, summary and origin of every stage."""
    return [
        (name, routes(spec.routes), spec.summary, str(registry.origin(name)))
        for name, spec in registry.stages.items()
    ]


METHOD_HEADERS = ("method", "domain", "multiple", "fit", "at once", "GMAC/MP", "gives", "what it is", "from")


def method_rows(registry: Registry) -> list[Row]:
    """Return what every method declares, in the order of `METHOD_HEADERS`.

    `at once` says whether a proxy may be cut into tiles or must be seen whole; GMAC/MP is the work for a megapixel.
    """
    return [
        (
            name,
            spec.domain.value,
            str(spec.multiple),
            str(spec.fit),
            "whole" if spec.global_statistics else "tiles",
            f"{spec.cost:.0f}",
            ", ".join(spec.gives),
            spec.summary,
            str(registry.origin(name, "method")),
        )
        for name, spec in registry.methods.items()
    ]


def plugin_rows(registry: Registry) -> list[Row]:
    """Return name, distribution, version and hooks of every plugin."""
    return [
        (plugin.name, plugin.origin.distribution, plugin.origin.version, ", ".join(plugin.hooks))
        for plugin in registry.plugins()
    ]


def recipe_rows(registry: Registry) -> list[Row]:
    """Return name, description and origin of every recipe; a broken one is listed with its first mistake."""
    return [
        (name, _description(name, registry), str(registry.origin(name, "recipe")))
        for name in sorted(registry.recipes)
    ]


def plan_rows(plan: Plan) -> list[Row]:
    """Return number, stage, spaces before and after, and output file of every step of a plan."""
    rows: list[Row] = []
    for number, stage in enumerate(plan.stages):
        files = ", ".join(stage.spec.files(stage.parameters, Naming(stem="{stem}")))
        rows.append((str(number), stage.name, spaces(stage.takes), spaces(stage.gives), files))
    return rows


def weight_rows(files: Iterable[Any]) -> list[Row]:
    """Return method, file, licence, and the problem or `good`, of weight files."""
    return [
        (file.method, str(file.path), str(file.card.get("licence", "")), file.problem or "good")
        for file in files
    ]


def check_rows(checks: Iterable[Any], tolerance: float) -> list[Row]:
    """Return case, largest error, where it is, and the problem, `too large` or `good`, of comparisons."""
    return [
        (
            check.case,
            f"{check.error:.1e}" if check.array and not check.problem else "",
            check.array,
            check.problem or ("too large" if check.failed(tolerance) else "good"),
        )
        for check in checks
    ]


def routes(taken: Routes) -> str:
    """Return the spaces that a stage takes and gives in words.

    >>> routes({Space.CFA: frozenset({Space.CFA_LINEAR})})
    'cfa -> cfa-linear'
    """
    return "; ".join(f"{_space(space)} -> {spaces(gives)}" for space, gives in taken.items())


def spaces(some: Iterable[Space | None]) -> str:
    """Return spaces in words, in the order of the way of a frame."""
    order = [None, *Space]
    return ", ".join(_space(space) for space in sorted(some, key=order.index))


def _space(space: Space | None) -> str:
    return "file" if space is None else space.value


def _description(name: str, registry: Registry) -> str:
    try:
        return load_recipe(name, registry).description
    except UnveilError as error:
        return f"broken: {str(error).partition(chr(10))[0]}"
