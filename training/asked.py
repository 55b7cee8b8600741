"""An evaluation as the command line asks for it, checked before the first picture is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..pipeline.errors import RecipeError
from .evaluate import evaluate_sets, leave_out, made
from .figures import Sizing
from .lpips import Lpips, load_lpips
from .protocols import MULTIPLE, PairSet, find_sets
from .scores import EvaluationReport, Row

if TYPE_CHECKING:
    from ..pipeline.registry import Registry
    from ..pipeline.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be measured, and how."""

    pairs: Path
    method: str | None = None
    """A method of the registry; or else:"""
    pictures: Path | None = None
    """A folder of answers already made."""
    protocol: str | None = None
    leave_out: tuple[str, ...] = ()
    with_unaligned: bool = False
    short_side: int | None = None
    lpips: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything that measuring needs."""

    name: str
    wishes: Wishes
    sets: list[PairSet]
    left_out: dict[str, str]
    stage: Stage
    sizing: Sizing
    lpips: Lpips | None

    def total(self) -> int:
        """Return how many pairs are measured."""
        return sum(len(each.pairs) for each in self.sets)

    def notes(self) -> list[str]:
        """Return what a reader of the figures must know: pairs left out, and sets that are not whole."""
        found = [f"{name}: left out, {why}" for name, why in self.left_out.items()]
        for each in self.sets:
            if each.standard is not None and len(each.pairs) != each.standard.size:
                found.append(
                    f"{each.name}: {len(each.pairs)} pairs are measured, published means are of {each.standard.size}"
                )
        return found

    def run(self, progress: Callable[[Row], None]) -> EvaluationReport:
        """Measure; `progress` is called with each row as soon as it is known."""
        rows = evaluate_sets(self.sets, self.stage, self.sizing, self.lpips, progress)
        return EvaluationReport(
            method=self.name,
            pairs=self.wishes.pairs,
            sets=tuple(self.sets),
            rows=rows,
            left_out=self.left_out,
            resizing=str(self.sizing),
        )


def prepare(wishes: Wishes, registry: Registry, device: str) -> Evaluation:
    """Find the pairs, load the weights, build the stage.

    Raises
    ------
    RecipeError
        There is no such method, folder or protocol, or the folder is not laid out like one.
    EnvironmentFailure
        Weights are missing or do not fit.
    """
    sizing = Sizing(wishes.short_side, MULTIPLE if wishes.protocol else 1)
    name, stage = _stage(wishes, registry, device, sizing)
    sets, left_out = leave_out(
        find_sets(wishes.pairs, wishes.protocol), wishes.leave_out, wishes.with_unaligned
    )
    return Evaluation(
        name=name,
        wishes=wishes,
        sets=sets,
        left_out=left_out,
        stage=stage,
        sizing=sizing,
        lpips=load_lpips(wishes.lpips, device) if wishes.lpips else None,
    )


def _stage(wishes: Wishes, registry: Registry, device: str, sizing: Sizing) -> tuple[str, Stage]:
    if (wishes.method is None) == (wishes.pictures is None):
        raise RecipeError("give either --method or --pictures, one of the two")
    if wishes.pictures is not None:
        return f"pictures of {wishes.pictures.name}", made(wishes.pictures, sizing)
    from ..pipeline.single import build_stage

    method = str(wishes.method)
    registry.method(method)
    _, _, stage = build_stage(registry, "separate", device, method=method)
    return method, stage
