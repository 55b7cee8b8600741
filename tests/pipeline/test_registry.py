"""The registry takes what plugins offer, names origins, and refuses what clashes or does not fit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import unveil
from unveil.pipeline.errors import PluginError, RecipeError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.hookspecs import hookimpl
from unveil.pipeline.loading import Origin
from unveil.pipeline.method import Domain, MethodSpec
from unveil.pipeline.registry import DEFAULT_PLUGINS, Registry, Table, build_registry
from unveil.pipeline.stage import Parameters, StageSpec

STAGE = StageSpec(
    name="invert",
    summary="1 - x",
    parameters=Parameters,
    routes={Space.DISPLAY_RGB: frozenset({Space.DISPLAY_RGB})},
    build=lambda parameters, context: lambda frame: frame,
)
METHOD = MethodSpec(
    name="dim",
    summary="half of everything is reflection",
    domain=Domain.LINEAR,
    multiple=1,
    global_statistics=False,
    fit=512,
    gives=("transmission",),
    cost=0.0,
    parameters=Parameters,
    build=lambda parameters, device: lambda proxy: proxy,
)


class Stages:
    """A plugin that offers what it is given as stages."""

    def __init__(self, *specs: Any) -> None:
        self.specs = specs

    @hookimpl
    def unveil_stages(self) -> Iterable[Any]:
        yield from self.specs


class OtherStages(Stages):
    """Another plugin of the same kind."""


class Methods(Stages):
    """A plugin that offers methods."""

    unveil_stages = None  # type: ignore[assignment]

    @hookimpl
    def unveil_methods(self) -> Iterable[Any]:
        return self.specs


class OtherMethods(Methods):
    """Another plugin of the same kind."""


class Folders(Stages):
    """A plugin that offers folders of recipes."""

    unveil_stages = None  # type: ignore[assignment]

    @hookimpl
    def unveil_recipe_folders(self) -> Iterable[Any]:
        return list(self.specs)


class OtherFolders(Folders):
    """Another plugin of the same kind."""


def origin_of(plugin: object) -> str:
    return f"{type(plugin).__module__}.{type(plugin).__qualname__}"


def refused(*plugins: object) -> str:
    with pytest.raises(PluginError) as caught:
        build_registry(plugins)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def defaults() -> Registry:
    return build_registry(DEFAULT_PLUGINS)


def test_defaults_offer_the_built_in_stages_methods_and_recipes(defaults: Registry) -> None:
    assert {
        "decode",
        "linearize",
        "separate",
        "demosaic",
        "colour",
        "tone",
        "encode",
    } <= defaults.stages.keys()
    assert "unveilnet" in defaults.methods
    assert {"window", "proof", "develop"} <= defaults.recipes.keys()
    assert defaults.recipe_folders == (Path(unveil.__file__).resolve().parent / "recipes",)


def test_defaults_load_in_the_order_of_the_tuple(defaults: Registry) -> None:
    assert [plugin.name for plugin in defaults.plugins()] == list(DEFAULT_PLUGINS)


def test_plugins_are_listed_with_origin_and_hooks(defaults: Registry) -> None:
    isp = next(plugin for plugin in defaults.plugins() if plugin.name == "unveil.isp.plugin")
    assert str(isp.origin) == f"unveil {unveil.__version__} (unveil.isp.plugin)"
    assert isp.hooks == ("unveil_capture_facts", "unveil_glimpse", "unveil_stages")


def test_every_offer_has_an_origin(defaults: Registry) -> None:
    assert defaults.origin("tone").module == "unveil.isp.plugin"
    assert defaults.origin("unveilnet", "method").module == "unveil.plugins.unveilnet.plugin"
    assert defaults.origin("window", "recipe").module == "unveil.pipeline.builtin"


def test_every_registered_stage_and_method_keeps_the_contract(defaults: Registry) -> None:
    specs: list[StageSpec | MethodSpec] = [*defaults.stages.values(), *defaults.methods.values()]
    for spec in specs:
        assert spec.summary
        assert spec.parameters.model_json_schema()["type"] == "object"
        assert spec.parameters.model_config["extra"] == "forbid"


def test_building_imports_no_torch_dask_or_rawpy() -> None:
    code = (
        "import sys; from unveil.pipeline.registry import build_registry; build_registry(); "
        "print(*{'torch', 'dask', 'distributed', 'rawpy', 'cv2'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_plugin_object_adds_to_the_defaults() -> None:
    plugin = Stages(STAGE)
    registry = build_registry([*DEFAULT_PLUGINS, plugin])
    assert registry.stage("invert") is STAGE
    assert str(registry.origin("invert")) == origin_of(plugin)


def test_exactly_the_given_plugins_are_loaded() -> None:
    assert list(build_registry([Stages(STAGE)]).stages) == ["invert"]
    assert build_registry([]).plugins() == ()


def test_hooks_of_a_plugin_are_called_through_the_registry() -> None:
    seen: list[Path] = []

    class Listener:
        @hookimpl
        def unveil_frame_started(self, source: Path) -> None:
            seen.append(source)

    build_registry([Listener()]).hook.unveil_frame_started(source=Path("a.dng"))
    assert seen == [Path("a.dng")]


def test_two_stages_of_one_name_are_refused_naming_both_origins() -> None:
    first, second = Stages(STAGE), OtherStages(replace(STAGE, summary="another"))
    assert refused(first, second) == (
        f"two plugins offer the stage 'invert': {origin_of(first)} and {origin_of(second)}; "
        "uninstall one of them, or leave it out with UNVEIL_LOAD_PLUGINS"
    )


def test_a_clash_with_a_built_in_names_its_distribution_and_version() -> None:
    assert f"unveil {unveil.__version__} (unveil.isp.plugin) and " in refused(
        *DEFAULT_PLUGINS, Stages(replace(STAGE, name="tone"))
    )


def test_two_methods_of_one_name_are_refused() -> None:
    assert refused(Methods(METHOD), OtherMethods(METHOD)).startswith("two plugins offer the method 'dim': ")


def test_two_recipes_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.yaml").touch()
    sentence = refused(Folders(tmp_path / "a"), OtherFolders(tmp_path / "b"))
    assert sentence.startswith("two plugins offer the recipe 'mine': ")


def test_one_plugin_offering_a_name_twice_is_refused() -> None:
    plugin = Stages(STAGE, STAGE)
    assert refused(plugin) == f"the plugin {origin_of(plugin)} offers the stage 'invert' twice"


def test_the_same_kind_of_plugin_twice_is_refused() -> None:
    assert "is offered twice" in refused(Stages(), Stages())


def test_a_clash_leaves_the_table_as_it_was() -> None:
    table: Table[int] = Table("stage")
    table.add([("a", 1)], Origin("one"))
    with pytest.raises(PluginError):
        table.add([("b", 2), ("a", 3)], Origin("two"))
    assert dict(table.things()) == {"a": 1}
    assert dict(table.origins()) == {"a": Origin("one")}


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (Stages(3), "unveil_stages: expected a StageSpec, got 3"),
        (Stages(METHOD), "unveil_stages: expected a StageSpec, got MethodSpec("),
        (Methods(None), "unveil_methods: expected a MethodSpec, got None"),
        (Stages(replace(STAGE, name="In vert")), "unveil_stages: 'In vert' is no name for a stage"),
        (Methods(replace(METHOD, name="")), "unveil_methods: '' is no name for a method"),
        (Stages(replace(STAGE, parameters=dict)), "not a subclass of Parameters"),  # type: ignore[arg-type]
        (Stages(replace(STAGE, build=None)), "build cannot be called"),  # type: ignore[arg-type]
        (Stages(replace(STAGE, routes={})), "every route needs a space that it gives"),
        (Stages(replace(STAGE, routes={None: frozenset()})), "every route needs a space that it gives"),
        (Stages(replace(STAGE, routes={"rgb": frozenset({Space.CFA})})), "'rgb' in its routes"),  # type: ignore[dict-item]
        (Folders("recipes"), "unveil_recipe_folders: expected a Path, got 'recipes'"),
        (Folders(Path("/does/not/exist")), "/does/not/exist is not a folder"),
    ],
)
def test_an_offer_that_breaks_the_contract_names_the_plugin(plugin: object, reason: str) -> None:
    sentence = refused(plugin)
    assert sentence.startswith(f"the plugin {origin_of(plugin)}, unveil_")
    assert reason in sentence


def test_a_hook_that_fails_names_the_plugin() -> None:
    class Broken:
        @hookimpl
        def unveil_stages(self) -> Iterable[StageSpec]:
            raise OSError("no such disk")

    plugin = Broken()
    assert refused(plugin) == f"the plugin {origin_of(plugin)} failed in unveil_stages: OSError: no such disk"


def test_a_hook_that_is_not_ours_is_refused() -> None:
    class Misspelt:
        @hookimpl
        def unveil_stage(self) -> Iterable[StageSpec]:
            return ()

    plugin = Misspelt()
    sentence = refused(plugin)
    assert sentence.startswith(f"the plugin {origin_of(plugin)} does not fit: unknown hook 'unveil_stage'")


def test_a_hook_with_an_unknown_argument_is_refused() -> None:
    class Greedy:
        @hookimpl
        def unveil_frame_finished(self, frame: Frame, pixels: object) -> None:
            return None

    assert "does not fit" in refused(Greedy())


def test_a_module_that_cannot_be_imported_is_named() -> None:
    assert refused("unveil.no_such_plugin") == (
        f"the plugin unveil {unveil.__version__} (unveil.no_such_plugin) cannot be loaded: "
        "ModuleNotFoundError: No module named 'unveil.no_such_plugin'; "
        "repair or uninstall it, or leave it out with UNVEIL_LOAD_PLUGINS"
    )


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda r: r.stage("tne"), "no stage is named 'tne'; did you mean 'tone'? There are "),
        (lambda r: r.method("unveilnt"), "no method is named 'unveilnt'; did you mean 'unveilnet'? There "),
    ],
)
def test_an_unknown_name_is_an_error_of_the_recipe(
    defaults: Registry, ask: Callable[[Registry], object], sentence: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        ask(defaults)
    assert str(caught.value).startswith(sentence)
