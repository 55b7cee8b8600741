"""What decides a file."""

from __future__ import annotations

from collections.abc import Mapping

from unveil.pipeline.plan_hash import file_hashes
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry

RECIPE = """\
unveil: 1
name: r
stages:
  - decode
  - linearize
  - separate: {record: "{stem}"}
  - demosaic
  - colour
  - tone: {exposure: 0}
  - encode: {format: jpeg, quality: 90}
  - encode: {format: png}
"""


def hashes(text: str) -> Mapping[int, str]:
    registry = build_registry()
    return file_hashes(parse_recipe(text, registry).stages, registry)


def changed(text: str) -> set[int]:
    before, after = hashes(RECIPE), hashes(text)
    assert set(before) == set(after) == {2, 6, 7}
    return {index for index in before if before[index] != after[index]}


def test_a_file_depends_on_its_own_stage_and_on_those_before_it() -> None:
    assert changed(RECIPE) == set()
    assert changed(RECIPE.replace("name: r", "name: other")) == set()
    assert changed(RECIPE.replace("quality: 90", "quality: 80")) == {6}
    assert changed(RECIPE.replace("exposure: 0", "exposure: 1")) == {6, 7}
    assert changed(RECIPE.replace("linearize", "linearize: {highlights: keep}")) == {2, 6, 7}
