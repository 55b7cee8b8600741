"""Packages that are missing are told when a recipe is planned, before any work."""

import pytest

from unveil.isp import extras
from unveil.isp.extras import require_package
from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry

REGISTRY = build_registry(["unveil.pipeline.builtin", "unveil.isp.plugin"])
BEFORE = "unveil: 1\nname: x\nstages:\n  - decode: {}\n  - linearize: {}\n  - demosaic: {}\n  - colour: {}\n"
NEEDY = {
    "lens": ("  - lens: {}\n  - tone: {}\n  - encode: {}\n", "'lens' needs the package lensfunpy"),
    "exr": ("  - encode: {format: exr}\n", "format exr needs the package OpenEXR"),
}


@pytest.mark.parametrize("extra", NEEDY)
def test_a_plan_without_the_package_says_how_to_get_it(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    after, words = NEEDY[extra]
    recipe = parse_recipe(BEFORE + after, REGISTRY)
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentFailure) as told:
        make_plan(recipe, REGISTRY)
    assert str(told.value) == (f"{words}; install it with: pip install -c constraints.txt 'unveil[{extra}]'")


def test_a_recipe_that_asks_for_neither_needs_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = parse_recipe(f"{BEFORE}  - tone: {{}}\n  - encode: {{}}\n", REGISTRY)
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert make_plan(recipe, REGISTRY).stages[-1].name == "encode"


def test_a_package_that_is_there_is_not_told() -> None:
    require_package("torch", "nothing", "nobody")
