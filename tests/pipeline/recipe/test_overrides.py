"""Overrides replace single parameters, and their mistakes read like those of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import unveil
from unveil.pipeline.errors import RecipeError
from unveil.pipeline.recipe.overrides import apply_overrides
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import Registry, build_registry

PLUGINS = (
    "unveil.pipeline.builtin",
    "unveil.isp.plugin",
    "unveil.plugins.separation.plugin",
    "unveil.plugins.unveilnet.plugin",
)
"""One method is enough, and what is listed does not change with the others."""

WINDOW = (Path(unveil.__file__).parent / "recipes" / "window.yaml").read_text(encoding="utf-8")
RANGE = "allowed: a whole number from 1 to 100"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return build_registry(PLUGINS)


def values(registry: Registry, parameter: str, *overrides: str) -> list[Any]:
    stage, name = parameter.split(".")
    recipe = parse_recipe(WINDOW, registry, "w.yaml", overrides)
    return [getattr(parameters, name) for found, parameters in recipe.stages if found == stage]


@pytest.mark.parametrize(
    ("override", "parameter", "value"),
    [
        ("separate.strength=0.5", "separate.strength", 0.5),
        ("separate.strength=-1", "separate.strength", -1.0),
        (" tone.exposure = auto ", "tone.exposure", "auto"),
        ("tone.exposure=1e-1", "tone.exposure", 0.1),
        ("separate.keep=[blended, reflection]", "separate.keep", ("blended", "reflection")),
        ("colour.white_balance=[2, 1, 1.5]", "colour.white_balance", (2.0, 1.0, 1.5)),
        ("tone.output_space='Display P3'", "tone.output_space", "Display P3"),
        ("tone.output_space=Display P3", "tone.output_space", "Display P3"),
    ],
)
def test_a_value_is_read_as_yaml(registry: Registry, override: str, parameter: str, value: Any) -> None:
    assert values(registry, parameter, override) == [value]


def test_without_a_number_every_stage_of_the_name_is_set(registry: Registry) -> None:
    assert values(registry, "encode.quality", "encode.quality=80") == [80, 80, 80, 80]


def test_with_a_number_one_of_them_is_set(registry: Registry) -> None:
    assert values(registry, "encode.quality", "encode[1].quality=80") == [92, 80, 92, 92]


def test_the_last_override_wins(registry: Registry) -> None:
    assert values(registry, "encode.quality", "encode.quality=80", "encode[0].quality=70") == [70, 80, 80, 80]
    assert values(registry, "separate.strength", "separate.strength=9", "separate.strength=1") == [1.0]


def test_no_value_is_nothing(registry: Registry) -> None:
    assert values(registry, "encode.fit", "encode[1].fit=") == [None, None, 2048, 2048]


def test_dots_reach_inside_a_parameter() -> None:
    parameters: dict[str, Any] = {"options": {"a": 1}}
    apply_overrides([("separate", 2, parameters)], ["separate.options.b.c=2", "separate.options.a=3"])
    assert parameters == {"options": {"a": 3, "b": {"c": 2}}}


@pytest.mark.parametrize(
    ("override", "sentences"),
    [
        (
            "tone.gamma=-1",
            ["--set tone.gamma=-1: stages[5].tone.gamma: found -1; allowed: a number above 0 and at most 10"],
        ),
        (
            "tone.gama=1",
            [
                "--set tone.gama=1: stages[5].tone.gama: is unknown; did you mean 'gamma'? "
                "allowed: exposure, curve, gamma, white, points, channels, gamut or output_space"
            ],
        ),
        (
            "tne.gamma=1",
            [
                "--set tne.gamma=1: the recipe has no stage 'tne'; did you mean 'tone'? it has "
                "decode, linearize, separate, demosaic, colour, tone and encode"
            ],
        ),
        (
            "encode.quality=0",
            [f"--set encode.quality=0: stages[{n}].encode.quality: found 0; {RANGE}" for n in (6, 7, 8, 9)],
        ),
        (
            "encode[2].quality=hi",
            [f"--set encode[2].quality=hi: stages[8].encode.quality: found 'hi'; {RANGE}"],
        ),
        (
            "encode[4].quality=1",
            ["--set encode[4].quality=1: the recipe has encode[0] to encode[3]; counting starts at 0"],
        ),
        ("tone[1].gamma=1", ["--set tone[1].gamma=1: the recipe has tone[0] only; counting starts at 0"]),
        (
            "separate.method=unveilnt",
            [
                "--set separate.method=unveilnt: stages[2].separate.method: no method is named 'unveilnt'; "
                "did you mean 'unveilnet'? allowed: unveilnet"
            ],
        ),
        (
            "separate.steps=3",
            [
                "--set separate.steps=3: stages[2].separate.steps: is unknown; "
                "allowed: method, strength, scale, domain, mask, keep, policy, record, precision or compile"
            ],
        ),
        ("tone.curve.x=2", ["--set tone.curve.x=2: 'curve' has no parameters inside it"]),
        (
            "tone.exposure=[",
            [
                "--set tone.exposure=[: the value cannot be read: this is not valid YAML: "
                "expected the node content, but found '<stream end>' (while parsing a flow node)"
            ],
        ),
        *(
            (wrong, [f"--set {wrong}: write stage.parameter=value, e.g. separate.strength=0.5"])
            for wrong in (
                "strength=1",
                "separate.strength",
                "separate.=1",
                "=",
                "",
                "a b.c=1",
                "encode[x].fit=1",
            )
        ),
    ],
)
def test_a_mistake_names_the_override(registry: Registry, override: str, sentences: list[str]) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(WINDOW, registry, "w.yaml", [override])
    assert list(caught.value.problems) == sentences


def test_mistakes_of_file_and_overrides_are_told_together(registry: Registry) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(
            WINDOW.replace("curve: srgb", "curve: x"), registry, "w.yaml", ["tne.a=1", "tone.gamma=0"]
        )
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        "w.yaml:11:35",
        "--set tone.gamma=0",
        "--set tne.a=1",
    ]


def test_an_override_repairs_a_mistake_of_the_file(registry: Registry) -> None:
    text = WINDOW.replace("curve: srgb", "curve: x")
    assert parse_recipe(text, registry, "w.yaml", ["tone.curve=srgb"]) == parse_recipe(WINDOW, registry)
