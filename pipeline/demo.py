"""The demo: the sample frames of the package through the shipped recipe `window`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .existing import Existing
from .ledger import writing
from .plan import Plan, make_plan
from .recipe.recipe import load_recipe
from .registry import Registry
from .report import write_report
from .results import FrameResult, Status
from .run import Options, Prepared, execute, prepare
from .shown import duration
from .tally import Each, Tally

RECIPE = "window"
BEFORE, AFTER = "psnr_before", "psnr_after"
"""Scores of a frame whose truth is known: dB, in linear light."""


def prepare_demo(registry: Registry, device: str, options: Options) -> Prepared:
    """Settle the run over the sample frames; results of an earlier demo will be replaced.

    Raises what `make_plan` and `prepare` raise.
    """
    from ..samples.truth import list_samples

    plan = make_plan(load_recipe(RECIPE, registry), registry, device)
    return prepare(
        plan, [sample.frame for sample in list_samples()], replace(options, existing=Existing.OVERWRITE)
    )


def run_demo(prepared: Prepared, each: Each) -> tuple[Tally, list[FrameResult]]:
    """Develop the sample frames, measure them against their truth, write the page, and return what came of them.

    Raises what `execute` raises.
    """
    results: list[FrameResult] = []

    def seen(result: FrameResult) -> None:
        results.append(result)
        each(result)

    tally = execute(prepared, seen)
    if not tally.interrupted:
        results = measured(prepared.plan, results)
        with writing(prepared.options.home) as ledger:
            for result in results:
                ledger.add(result)
            tally.page = write_report(prepared.options.home, ledger.frames(), f"Demo: recipe {RECIPE}")
    return tally, results


def measured(plan: Plan, results: Sequence[FrameResult]) -> list[FrameResult]:
    """Return the results, with the scores `psnr_before` and `psnr_after` where a sample's truth is known."""
    from ..samples.truth import linear_psnr, list_samples

    steps = [(name, stage) for name, _, stage in plan.build()]
    samples = {str(sample.frame): sample for sample in list_samples()}
    scored = []
    for result in results:
        if result.status is Status.DONE and result.source in samples:
            before, after = linear_psnr(samples[result.source], steps)
            result = replace(result, scores={**result.scores, BEFORE: before, AFTER: after})
        scored.append(result)
    return scored


def demo_rows(results: Sequence[FrameResult]) -> list[tuple[str, str, str, str, str]]:
    """Return rows for the closing table: frame, time, what was written, PSNR before and after."""
    return [
        (
            Path(result.source).name,
            duration(result.seconds),
            result.reason or ", ".join(written.path for written in result.outputs),
            _decibels(result, BEFORE),
            _decibels(result, AFTER),
        )
        for result in results
    ]


def _decibels(result: FrameResult, score: str) -> str:
    return f"{result.scores[score]:.2f} dB" if score in result.scores else ""
