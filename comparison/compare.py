"""Several recipes or methods on one frame: develops them one after another and measures them side by side.

What is compared is the developed picture as the last stage leaves it, before `encode` shrinks or compresses it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..pipeline.errors import EnvironmentFailure, FrameError
from ..pipeline.results import FrameResult
from ..pipeline.shown import duration, shown
from .develop import Column, Looks, develop_truth, develop_variant
from .pictures import (
    Difference,
    Likeness,
    Picture,
    difference,
    likeness,
    resized,
    same_shape,
    smallest,
)
from .places import Place, choose_places, difference_map, light_map
from .variants import PAGE, Settled

Each = Callable[[str], None]
"""Called with the name of every variant that is done with, developed or not."""


@dataclass(slots=True, kw_only=True)
class Comparison:
    """All columns and what was measured."""

    source: Path
    columns: list[Column]
    truth: Path | None = None
    size: tuple[int, int] = (0, 0)
    """Height and width at which the variants are compared: that of the smallest."""
    came: Picture | None = None
    """The frame as it came, of that size; None where no variant separates."""
    came_of: str = ""
    """The variant whose colours and exposure it has."""
    came_to_truth: Likeness | None = None
    places: tuple[Place, ...] = ()
    page: Path | None = None

    def done(self) -> list[tuple[Column, Looks]]:
        """Return the columns of the variants that were developed."""
        return [(column, column.looks) for column in self.columns if column.looks is not None]

    def exit_status(self) -> int:
        """Return 1 where a variant failed, else 0."""
        return int(len(self.done()) < len(self.columns))


def run_comparison(settled: Settled, crops: int, each: Each) -> Comparison:
    """Develop every variant, measure, choose the places and write the page.

    A variant that cannot be built (missing weights) or that fails on the frame is told in its column; the others go on.

    Raises
    ------
    FrameError
        The frame or the truth cannot be read, their sizes differ, no variant could develop the frame, or two of them
        give it other proportions.
    EnvironmentFailure
        No variant could be built, or the page cannot be written.
    """
    from .page import write_page

    truth = develop_truth(settled)
    columns: list[Column] = []
    for variant in settled.variants:
        columns.append(develop_variant(variant, settled))
        _keep_one_came(columns)
        each(variant.name)
    comparison = Comparison(source=settled.source, columns=columns, truth=settled.truth)
    if not comparison.done():
        kind = EnvironmentFailure if all(column.unbuilt for column in columns) else FrameError
        raise kind("\n".join(f"{column.variant.name}: {column.result.reason}" for column in columns))
    measure(comparison, truth, crops)
    comparison.page = write_page(comparison, settled.output / PAGE)
    return comparison


def measure(comparison: Comparison, truth: Picture | None, crops: int) -> None:
    """Bring the pictures to the size of the smallest, measure them and choose the places (`FrameError`)."""
    _check_shapes(comparison)
    done = comparison.done()
    pictures = [looks.picture for _, looks in done]
    height, width = comparison.size = smallest([*pictures, *([] if truth is None else [truth])])
    for column, looks in done:
        looks.picture = resized(looks.picture, height, width)
        if looks.came is not None:
            comparison.came, comparison.came_of = resized(looks.came, height, width), column.variant.name
            looks.came = None
    _compare(comparison, None if truth is None else resized(truth, height, width))
    differs = difference_map([looks.picture for _, looks in done])
    light = light_map([x.reflection for _, x in done if x.reflection is not None], differs.shape)
    comparison.places = choose_places(differs, light, height, width, crops)


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Return the figures as plain data."""
    return {
        "input": str(comparison.source),
        "page": str(comparison.page),
        "exit_status": comparison.exit_status(),
        "compared_at": list(reversed(comparison.size)),
        "input_to_truth": _plain(comparison.came_to_truth),
        "variants": [_variant_json(column) for column in comparison.columns],
        "places": [asdict(place) for place in comparison.places],
    }


def comparison_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return rows for the terminal: variant, time, light taken, Delta E to the first, PSNR."""
    return [
        (
            column.variant.name,
            duration(column.result.seconds) if column.looks else "failed",
            f"{column.result.scores['reflection']:.1%}" if "reflection" in column.result.scores else "",
            f"{column.to_first.mean:.2f}, {column.to_first.p99:.2f}" if column.to_first else "",
            decibels(column.to_truth.psnr) if column.to_truth else "",
        )
        for column in comparison.columns
    ]


def decibels(psnr: float | None) -> str:
    """Return a PSNR in words."""
    return "equal" if psnr is None else f"{psnr:.2f} dB"


def stage_seconds(result: FrameResult) -> dict[str, float]:
    """Return the seconds that each stage took; stages of one name together."""
    seconds: dict[str, float] = {}
    for entry in result.trail:
        seconds[entry.stage] = seconds.get(entry.stage, 0.0) + entry.seconds
    return {name: round(value, 4) for name, value in seconds.items()}


def _keep_one_came(columns: Sequence[Column]) -> None:
    """Let go of the frame as it came where an earlier column holds it: it is the largest thing beside the pictures."""
    held = [column.looks for column in columns if column.looks and column.looks.came is not None]
    for looks in held[1:]:
        looks.came = None


def _check_shapes(comparison: Comparison) -> None:
    (first, whole), *others = comparison.done()
    for column, looks in others:
        if not same_shape(looks.size, whole.size):
            raise FrameError(
                f"{shown(comparison.source)}: {column.variant.name} makes it {looks.size[1]} x {looks.size[0]} and "
                f"{first.variant.name} {whole.size[1]} x {whole.size[0]}; pictures of other proportions cannot be "
                "compared; their files stand in the output folder"
            )


def _compare(comparison: Comparison, truth: Picture | None) -> None:
    done = comparison.done()
    for column, looks in done:
        if column is not done[0][0]:
            column.to_first = difference(done[0][1].picture, looks.picture)
        if truth is not None:
            column.to_truth = likeness(looks.picture, truth)
    if truth is not None and comparison.came is not None:
        comparison.came_to_truth = likeness(comparison.came, truth)


def _variant_json(column: Column) -> dict[str, Any]:
    result = replace(column.result, traceback="", source="").to_json()
    del result["trail"]
    return {
        "name": column.variant.name,
        "recipe": column.variant.plan.recipe.name,
        "method": column.variant.method,
        **result,
        "size": list(reversed(column.looks.size)) if column.looks else None,
        "stages": stage_seconds(column.result),
        "notes": [[entry.stage, *entry.notes] for entry in column.result.trail],
        "delta_e_to_first": _plain(column.to_first),
        "to_truth": _plain(column.to_truth),
    }


def _plain(figures: Difference | Likeness | None) -> dict[str, Any] | None:
    return None if figures is None else asdict(figures)
