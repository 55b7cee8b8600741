"""A plan says what will be done and written before a pixel is read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pytest
from torch import Tensor

from unveil.isp.parameters import Decode, Encode, Tone
from unveil.pipeline.errors import EnvironmentFailure, PluginError, RecipeError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.hookspecs import hookimpl
from unveil.pipeline.method import Domain, Layers, MethodSpec
from unveil.pipeline.naming import Naming
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import Recipe, load_recipe, parse_recipe
from unveil.pipeline.registry import Registry, build_registry
from unveil.pipeline.stage import Parameters, Stage, StageContext, StageSpec

PLUGINS = (
    "unveil.pipeline.builtin",
    "unveil.isp.plugin",
    "unveil.plugins.separation.plugin",
    "unveil.plugins.unveilnet.plugin",
)
"""One method is enough, and what is listed does not change with the others."""


class Start:
    """A plugin with one stage that starts a chain, writes a file, and is built by a function of the test."""

    def __init__(self, build: object) -> None:
        self.build = build

    @hookimpl
    def unveil_stages(self) -> list[StageSpec]:
        return [
            StageSpec(
                name="start",
                summary="a whole chain in one stage",
                parameters=Parameters,
                routes={None: frozenset({Space.DISPLAY_RGB})},
                build=self.build,  # type: ignore[arg-type]
                outputs=lambda parameters, naming: f"{naming.stem}.txt",
            )
        ]


START = Recipe(name="s", stages=(("start", Parameters()),))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return build_registry(PLUGINS)


def plan_hash(registry: Registry, *overrides: str, recipe: str = "window") -> str:
    return make_plan(load_recipe(recipe, registry, overrides), registry).hash


def test_the_plan_knows_every_file_that_a_frame_will_leave(registry: Registry) -> None:
    plan = make_plan(load_recipe("window", registry), registry)
    assert plan.outputs(Naming(stem="IMG_1")) == tuple(
        PurePosixPath(name)
        for name in ("IMG_1_clean.tif", "proof/IMG_1.jpg", "before/IMG_1.jpg", "reflection/IMG_1.png")
    )


def test_braces_in_the_name_of_a_frame_are_kept(registry: Registry) -> None:
    plan = make_plan(load_recipe("proof", registry), registry)
    assert plan.outputs(Naming(stem="{stem} {0}"))[0] == PurePosixPath("{stem} {0}.jpg")


def test_the_plan_follows_the_spaces(registry: Registry) -> None:
    stages = make_plan(load_recipe("window", registry), registry).stages
    assert stages[0].takes == {None}
    assert stages[2].takes == {Space.CFA_LINEAR, Space.CAMERA_RGB, Space.LINEAR_RGB}
    assert stages[-1].gives == {Space.DISPLAY_RGB}
    assert [stage.name for stage in stages] == [name for name, _ in load_recipe("window", registry).stages]


def test_a_plan_for_the_cpu_imports_no_torch() -> None:
    code = (
        "import sys; from unveil.pipeline.plan import make_plan; from unveil.pipeline.recipe.recipe import "
        "load_recipe; "
        "from unveil.pipeline.naming import Naming; "
        "from unveil.pipeline.registry import build_registry; registry = build_registry(); "
        "make_plan(load_recipe('window', registry), registry).outputs(Naming(stem='a')); "
        "print(*{'torch', 'dask', 'rawpy', 'cv2'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_recipe_made_by_hand_is_checked_too(registry: Registry) -> None:
    models: tuple[tuple[str, type[Parameters]], ...] = (
        ("decode", Decode),
        ("tone", Tone),
        ("encode", Encode),
    )
    hand = Recipe(name="mine", stages=tuple((name, model.model_validate({})) for name, model in models))
    with pytest.raises(RecipeError) as caught:
        make_plan(hand, registry)
    assert caught.value.problems == (
        "mine: stages[1]: 'tone' takes linear-rgb, but stages[0] 'decode' gives cfa, camera-rgb or "
        "display-rgb; "
        "put 'linearize', 'demosaic' and 'colour' between them",
    )


def test_a_recipe_without_stages_is_refused(registry: Registry) -> None:
    with pytest.raises(RecipeError, match=r"^mine: there are no stages$"):
        make_plan(Recipe(name="mine", stages=()), registry)


def test_a_recipe_of_another_registry_is_refused_naming_the_stage(registry: Registry) -> None:
    with pytest.raises(RecipeError, match=r"^no stage is named 'start'"):
        make_plan(START, registry)


def test_two_plans_of_one_recipe_have_one_hash(registry: Registry) -> None:
    assert plan_hash(registry) == plan_hash(build_registry(PLUGINS))
    assert len(plan_hash(registry)) == 64


def test_the_hash_changes_with_every_parameter(registry: Registry) -> None:
    hashes = {
        plan_hash(registry, *overrides)
        for overrides in ((), ("separate.strength=0.5",), ("encode[0].depth=8",), ("tone.exposure=0",))
    }
    assert len(hashes) == 4


def test_the_hash_does_not_depend_on_what_leaves_the_result_alone(registry: Registry) -> None:
    recipe = load_recipe("window", registry)
    renamed = parse_recipe(
        recipe.to_yaml().replace("name: window", "name: other"), registry, "elsewhere.yaml"
    )
    assert make_plan(renamed, registry).hash == make_plan(recipe, registry).hash
    more = build_registry([*PLUGINS, Start(unchanged)])
    assert plan_hash(more) == plan_hash(registry)


def test_the_hash_changes_with_the_origin_of_a_stage() -> None:
    class Other(Start):
        """The same stage from another plugin."""

    one, two = (build_registry([plugin]) for plugin in (Start(unchanged), Other(unchanged)))
    assert make_plan(START, one).hash != make_plan(START, two).hash


def test_the_device_is_resolved_and_given_to_every_stage() -> None:
    seen: list[StageContext] = []

    def build(parameters: Parameters, context: StageContext) -> Stage:
        seen.append(context)
        return lambda frame: frame.note("ran")

    plan = make_plan(START, build_registry([Start(build)]), "cpu")
    assert (plan.device, seen) == ("cpu", [])
    ((name, parameters, stage),) = plan.build()
    assert (name, parameters, seen[0].device) == ("start", Parameters(), "cpu")
    assert stage(Frame(source=Path("a.dng"))).notes == ("ran",)


def test_a_stage_asks_the_registry_for_methods() -> None:
    def build(parameters: Parameters, context: StageContext) -> Stage:
        context.method("nonsense")
        return lambda frame: frame

    plan = make_plan(START, build_registry([*PLUGINS, Start(build)]))
    with pytest.raises(RecipeError, match=r"^no method is named 'nonsense'; there is only unveilnet$"):
        plan.build()


def test_an_unknown_device_is_refused(registry: Registry) -> None:
    with pytest.raises(RecipeError, match=r"^device 'gpuu' is unknown"):
        make_plan(load_recipe("proof", registry), registry, "gpuu")


def test_what_a_stage_says_of_its_environment_is_passed_on() -> None:
    def build(parameters: Parameters, context: StageContext) -> Stage:
        raise EnvironmentFailure("the weights are missing")

    with pytest.raises(EnvironmentFailure, match=r"^the weights are missing$"):
        make_plan(START, build_registry([Start(build)])).build()


def test_a_stage_that_cannot_be_built_is_named_with_its_origin() -> None:
    def build(parameters: Parameters, context: StageContext) -> Stage:
        raise ZeroDivisionError("by zero")

    with pytest.raises(PluginError) as caught:
        make_plan(START, build_registry([Start(build)])).build()
    assert str(caught.value).startswith("the stage 'start' of ")
    assert str(caught.value).endswith("Start cannot be built: ZeroDivisionError: by zero")


def nothing_found(proxy: Tensor) -> Layers:
    return Layers(transmission=proxy)


def unchanged(parameters: Parameters, context: StageContext) -> Stage:
    return lambda frame: frame


def test_a_layer_that_the_method_does_not_give_is_refused(registry: Registry) -> None:
    recipe = load_recipe("window", registry, ["separate.keep=[reflection, blended, confidence]"])
    with pytest.raises(RecipeError, match=r"stages\[2\]: the method 'unveilnet' gives no confidence"):
        make_plan(recipe, registry)


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("known", "the method 'known' gives no reflection of its own, so there is no residual"),
        ("cr3net", "the method 'cr3net' gives its reflection as a picture and not as sensor light"),
    ],
)
def test_a_residual_that_there_cannot_be_is_refused(method: str, sentence: str) -> None:
    class Known:
        @hookimpl
        def unveil_methods(self) -> Iterable[MethodSpec]:
            yield MethodSpec(
                name="known",
                summary="",
                domain=Domain.LINEAR,
                multiple=1,
                global_statistics=False,
                fit=64,
                gives=("transmission",),
                cost=0.0,
                parameters=Parameters,
                build=lambda parameters, device: nothing_found,
            )

    registry = build_registry([*PLUGINS, "unveil.plugins.cr3net.plugin", Known()])
    overrides = [f"separate.method={method}", "separate.keep=[reflection, blended, residual]"]
    with pytest.raises(RecipeError) as caught:
        make_plan(load_recipe("window", registry, overrides), registry)
    assert sentence in str(caught.value)


def test_a_record_is_among_the_files_of_a_plan_and_does_not_end_a_recipe(registry: Registry) -> None:
    override = ["separate.record=layers/{stem}"]
    plan = make_plan(load_recipe("window", registry, override), registry)
    assert PurePosixPath("layers/IMG_1.unveil") in plan.outputs(Naming(stem="IMG_1"))
    assert (
        len(plan.outputs(Naming(stem="a")))
        == len(make_plan(load_recipe("window", registry), registry).outputs(Naming(stem="a"))) + 1
    )
    text = 'unveil: 1\nname: r\nstages: [decode, linearize, separate: {record: "{stem}"}]'
    with pytest.raises(RecipeError, match="nothing would be written; add 'encode' at the end"):
        parse_recipe(text, registry)


def test_two_records_of_one_name_are_refused(registry: Registry) -> None:
    text = """\
unveil: 1
name: r
stages:
  - decode
  - linearize
  - separate: {record: "{stem}"}
  - separate: {record: "{stem}"}
  - encode: {format: dng}
"""
    with pytest.raises(RecipeError, match=r"writes '\{stem\}\.unveil', and so does"):
        parse_recipe(text, registry)


def test_a_float_tiff_may_stand_before_tone_and_no_other_does(registry: Registry) -> None:
    text = "unveil: 1\nname: f\nstages: [decode, linearize, demosaic, colour, encode: {depth: 32}]"
    assert make_plan(parse_recipe(text, registry), registry).stages[-1].gives == {Space.LINEAR_RGB}
    with pytest.raises(RecipeError, match="put 'tone' between them"):
        parse_recipe(text.replace("32", "16"), registry)
