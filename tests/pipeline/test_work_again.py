"""Frames of which some files are there already."""

from __future__ import annotations

from pathlib import Path

from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.run import Options, execute, prepare

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "otters.dng"
RECIPE = """
unveil: 1
name: recorded
stages:
  - decode
  - linearize
  - separate: {method: unveilnet, scale: 64, record: "{stem}"}
  - demosaic: {algorithm: superpixel}
  - colour
  - tone
  - encode: {format: png}
"""


def test_a_picture_that_is_gone_is_made_again_without_its_reflection_though_the_record_is_there(
    tmp_path: Path,
) -> None:
    registry = build_registry()
    plan = make_plan(parse_recipe(RECIPE, registry), registry)

    def made() -> FrameResult:
        found: list[FrameResult] = []
        execute(prepare(plan, [SAMPLE], Options(output=tmp_path, jobs=0)), found.append)
        return found[0]

    first = made()
    files = {path.name: path.read_bytes() for path in tmp_path.glob("otters.*")}
    assert sorted(files) == ["otters.png", "otters.unveil"]
    (tmp_path / "otters.png").unlink()
    again = made()
    assert [entry.stage for entry in again.trail] == [entry.stage for entry in first.trail]
    assert {path.name: path.read_bytes() for path in tmp_path.glob("otters.*")} == files
    assert made().status is Status.SKIPPED
