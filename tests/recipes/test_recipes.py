"""Every shipped recipe loads, plans and is valid, and the manual lists every parameter as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from unveil.isp.parameters import Encode
from unveil.pipeline.method import MethodSpec
from unveil.pipeline.naming import Naming
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.explain import describe
from unveil.pipeline.recipe.recipe import load_recipe, parse_recipe, recipe_schema
from unveil.pipeline.registry import DEFAULT_PLUGINS, Registry, build_registry
from unveil.pipeline.stage import Parameters, StageSpec
from unveil.pipeline.suggest import listing

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "recipes.md"
NAMES = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))
TABLES = re.compile(
    r"(?<=<!-- parameters: made by tests/recipes/test_recipes.py -->\n).*(?=<!-- end -->)", re.S
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return build_registry(DEFAULT_PLUGINS)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_recipe_loads_and_plans(registry: Registry, name: str) -> None:
    plan = make_plan(load_recipe(name, registry), registry, "cpu")
    assert plan.recipe.name == name
    assert plan.recipe.description
    assert len(plan.outputs(Naming(stem="IMG_1"))) == len(
        [stage for stage in plan.stages if stage.name == "encode"]
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_recipe_is_valid_json_schema(registry: Registry, name: str) -> None:
    text = registry.recipes[name].read_text(encoding="utf-8")
    Draft202012Validator(recipe_schema(registry)).validate(yaml.safe_load(text))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_recipe_says_what_it_is_for(registry: Registry, name: str) -> None:
    assert registry.recipes[name].read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_that_is_written_is_kept_before(registry: Registry, name: str) -> None:
    recipe = load_recipe(name, registry)
    kept = {layer for _, parameters in recipe.stages for layer in getattr(parameters, "keep", ())}
    written = {parameters.layer for _, parameters in recipe.stages if isinstance(parameters, Encode)}
    assert written - {None} <= kept


def test_two_shipped_recipes_can_share_an_output_folder(registry: Registry) -> None:
    window, develop = (
        make_plan(load_recipe(name, registry), registry).outputs(Naming(stem="a"))
        for name in ("window", "develop")
    )
    assert not set(window) & set(develop)


def test_the_manual_lists_every_parameter_as_it_is(registry: Registry) -> None:
    tables = "\n".join(
        [
            *(_table(spec) for spec in registry.stages.values()),
            *(_method_table(spec) for spec in registry.methods.values()),
        ]
    )
    text = DOCUMENT.read_text(encoding="utf-8")
    if os.environ.get("UNVEIL_UPDATE_DOCS"):
        DOCUMENT.write_text(TABLES.sub(lambda _: tables, text), encoding="utf-8")
        return
    assert TABLES.findall(text) == [tables], "run this test once with UNVEIL_UPDATE_DOCS=1"


def test_the_recipes_in_the_manual_are_good(registry: Registry) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) >= 1
    for block in blocks:
        make_plan(parse_recipe(block, registry, DOCUMENT.name), registry)


def test_the_manual_names_every_shipped_recipe() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in text] == []


def _table(spec: StageSpec) -> str:
    takes = ", ".join(str(space) if space else "a file" for space in spec.routes)
    summary = f"{spec.summary[0].upper()}{spec.summary[1:]}. Takes {takes}."
    return "\n".join([f"### `{spec.name}`", "", summary, "", *_rows(spec.parameters)])


def _method_table(spec: MethodSpec) -> str:
    head = f"### `separate: {{method: {spec.name}}}`"
    gives = listing(spec.gives)
    facts = f"Trained in the domain {spec.domain.value}, sides multiples of {spec.multiple}, gives {gives}."
    return "\n".join([head, "", f"{spec.summary}. {facts}", "", *_rows(spec.parameters)])


def _rows(parameters: type[Parameters]) -> list[str]:
    rows = describe(parameters)
    if not rows:
        return ["No parameters.", ""]
    lines = ["| parameter | allowed | default | meaning |", "|---|---|---|---|"]
    for row in rows:
        cells = (f"`{row.name}`", row.allowed, row.default, row.description)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return [*lines, ""]
