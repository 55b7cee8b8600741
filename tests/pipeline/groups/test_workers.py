"""Groups on worker processes, which find a leader's decisions each for itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from unveil.pipeline.groups.group import Grouping
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FrameResult
from unveil.pipeline.run import Options, execute, prepare

RECIPE = """
unveil: 1
name: series
stages:
  - decode
  - linearize
  - separate: {method: unveilnet, scale: 64}
  - demosaic: {algorithm: superpixel}
  - colour: {white_balance: auto}
  - tone: {exposure: auto}
  - encode: {format: png}
"""


def ignore(result: FrameResult) -> None:
    pass


def test_files_are_the_same_whoever_makes_them_and_in_whatever_order(
    shot: Callable[..., Path], tmp_path: Path
) -> None:
    registry = build_registry()
    plan = make_plan(parse_recipe(RECIPE, registry), registry)
    shots = [
        shot(f"{name}.dng", ev=ev, second=at, neutral=(0.4 + at / 20, 1, 0.7))
        for at, (name, ev) in enumerate((("a", -2), ("b", 0), ("c", 2), ("d", 0)))
    ]
    for folder, jobs, inputs in (("here", 0, shots), ("workers", 2, shots), ("backwards", 0, shots[::-1])):
        options = Options(output=tmp_path / folder, group=Grouping.AUTO, jobs=jobs)
        assert execute(prepare(plan, inputs, options), ignore).exit_status() == 0
    here, workers, backwards = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).glob("*.png")}
        for folder in ("here", "workers", "backwards")
    )
    assert sorted(here) == ["a.png", "b.png", "c.png", "d.png"]
    assert here == workers == backwards
