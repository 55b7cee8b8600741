"""The JSON Schema takes what the program takes, and refuses what it refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from unveil.pipeline.hookspecs import hookimpl
from unveil.pipeline.method import Domain, MethodSpec
from unveil.pipeline.recipe.recipe import load_recipe, recipe_schema
from unveil.pipeline.registry import DEFAULT_PLUGINS, Registry, build_registry
from unveil.pipeline.stage import Parameters


class DimParameters(Parameters):
    """A method that has a parameter."""

    share: float = 0.5


class Dim:
    """A second method, so that there is a choice."""

    @hookimpl
    def unveil_methods(self) -> list[MethodSpec]:
        return [
            MethodSpec(
                name="dim",
                summary="a share of everything is reflection",
                domain=Domain.LINEAR,
                multiple=1,
                global_statistics=False,
                fit=512,
                gives=("transmission",),
                cost=0.0,
                parameters=DimParameters,
                build=lambda parameters, device: lambda proxy: proxy,
            )
        ]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return build_registry([*DEFAULT_PLUGINS, Dim()])


@pytest.fixture(scope="module")
def validator(registry: Registry) -> Draft202012Validator:
    return Draft202012Validator(recipe_schema(registry))


@pytest.fixture(scope="module")
def window(registry: Registry) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(registry.recipes["window"].read_text(encoding="utf-8"))
    return loaded


def test_the_schema_is_a_schema(registry: Registry) -> None:
    schema = recipe_schema(registry)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_parameter_of_every_stage_is_in_it(registry: Registry) -> None:
    definitions = recipe_schema(registry)["$defs"]
    for name, spec in registry.stages.items():
        assert (
            definitions[f"stage:{name}"].get("properties", {}).keys() == spec.parameters.model_fields.keys()
        )
        for field in definitions[f"stage:{name}"].get("properties", {}).values():
            assert field["description"]


def test_every_shipped_recipe_is_valid_as_written_and_as_shown(
    registry: Registry, validator: Draft202012Validator
) -> None:
    for name, path in registry.recipes.items():
        validator.validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        validator.validate(load_recipe(name, registry).to_dict())


def test_making_the_schema_leaves_the_registry_as_it_was(registry: Registry) -> None:
    assert recipe_schema(registry) == recipe_schema(registry)


def options(method: str | None, **values: Any) -> Callable[[dict[str, Any]], Any]:
    def change(recipe: dict[str, Any]) -> None:
        separate = recipe["stages"][2]["separate"]
        separate.update(values)
        del separate["method"]
        if method is not None:
            separate["method"] = method

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda recipe: recipe["stages"].__setitem__(0, "decode"),
        lambda recipe: recipe["stages"].__setitem__(0, {"decode": None}),
        lambda recipe: recipe.pop("description"),
        options("dim", share=0.25),
        options(None),
        options("unveilnet"),
    ],
)
def test_other_ways_to_write_it_are_valid(
    validator: Draft202012Validator, window: dict[str, Any], change: Callable[[dict[str, Any]], Any]
) -> None:
    recipe = copy.deepcopy(window)
    change(recipe)
    validator.validate(recipe)


@pytest.mark.parametrize(
    "change",
    [
        lambda recipe: recipe.pop("unveil"),
        lambda recipe: recipe.pop("name"),
        lambda recipe: recipe.pop("stages"),
        lambda recipe: recipe.update(unveil=2),
        lambda recipe: recipe.update(unveil=True),
        lambda recipe: recipe.update(name=""),
        lambda recipe: recipe.update(extra=1),
        lambda recipe: recipe.update(stages=[]),
        lambda recipe: recipe.update(stages={"decode": {}}),
        lambda recipe: recipe["stages"].append("nonsense"),
        lambda recipe: recipe["stages"].append({"nonsense": {}}),
        lambda recipe: recipe["stages"].append({}),
        lambda recipe: recipe["stages"].append(3),
        lambda recipe: recipe["stages"][0].update(tone={}),
        lambda recipe: recipe["stages"][0].update(decode=[]),
        lambda recipe: recipe["stages"][0].update(decode={"a": 1}),
        lambda recipe: recipe["stages"][5]["tone"].update(gamma=-2.2),
        lambda recipe: recipe["stages"][5]["tone"].update(gama=2.2),
        lambda recipe: recipe["stages"][5]["tone"].update(curve="sgrb"),
        lambda recipe: recipe["stages"][7]["encode"].update(quality="92"),
        lambda recipe: recipe["stages"][7]["encode"].update(quality=True),
        lambda recipe: recipe["stages"][4]["colour"].update(white_balance=[2, 1]),
        options("unveilnt"),
        options("dim", shre=0.25),
        options("dim", share="half"),
        options("unveilnet", share=0.25),
        options(None, share=0.25),
    ],
)
def test_broken_recipes_are_not_valid(
    validator: Draft202012Validator, window: dict[str, Any], change: Callable[[dict[str, Any]], Any]
) -> None:
    recipe = copy.deepcopy(window)
    change(recipe)
    assert not validator.is_valid(recipe)
