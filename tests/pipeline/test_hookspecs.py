"""Every hook is typed, documented with an example that runs, and has a test named after it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

from unveil.pipeline.errors import FrameError, RecipeError
from unveil.pipeline.frame import Frame, Output, Space
from unveil.pipeline.hookspecs import UnveilSpecs, hookimpl
from unveil.pipeline.loading import GROUP
from unveil.pipeline.method import Domain, MethodSpec
from unveil.pipeline.naming import CaptureFacts
from unveil.pipeline.network import NetworkSpec
from unveil.pipeline.registry import Registry, build_registry
from unveil.pipeline.stage import Parameters, StageSpec

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "plugins.md"
HOOKS = sorted(name for name in vars(UnveilSpecs) if not name.startswith("_"))


@pytest.fixture(scope="module")
def documented() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def with_plugin(plugin: object) -> Registry:
    return build_registry([plugin])


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_the_prefix_and_types(hook: str) -> None:
    signature = inspect.signature(getattr(UnveilSpecs, hook))
    assert hook.startswith(f"{GROUP}_")
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not p.empty for name, p in signature.parameters.items() if name != "self")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_shows_a_plugin_in_its_docstring(hook: str) -> None:
    text = inspect.getdoc(getattr(UnveilSpecs, hook)) or ""
    assert f"def {hook}(" in text


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str, documented: str) -> None:
    assert f"\n### `{hook}`\n" in documented


def test_no_hook_is_documented_that_does_not_exist(documented: str) -> None:
    assert sorted(re.findall(r"^### `(\w+)`$", documented, re.M)) == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_named_after_it(hook: str) -> None:
    assert any(f"def test_{hook}" in path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))


def test_the_plugins_in_the_documentation_run(documented: str) -> None:
    plugins: list[object] = []
    for number, source in enumerate(re.findall(r"^```python\n(.*?)^```$", documented, re.M | re.S)):
        module = ModuleType(f"documented_{number}")
        module.__file__ = str(
            DOCUMENT.parent.parent / "recipes.py"
        )  # so that `recipes` beside it is a folder
        exec(compile(source, DOCUMENT.name, "exec"), vars(module))
        plugins.append(module)
    shown = {hook for plugin in build_registry(plugins).plugins() for hook in plugin.hooks}
    assert sorted(shown) == HOOKS


def test_unveil_stages_offers_stages() -> None:
    class Plugin:
        @hookimpl
        def unveil_stages(self) -> Iterable[StageSpec]:
            yield StageSpec(
                name="invert",
                summary="1 - x",
                parameters=Parameters,
                routes={Space.DISPLAY_RGB: frozenset({Space.DISPLAY_RGB})},
                build=lambda parameters, context: lambda frame: frame,
            )

    assert list(with_plugin(Plugin()).stages) == ["invert"]


def test_unveil_methods_offers_methods() -> None:
    class Plugin:
        @hookimpl
        def unveil_methods(self) -> Iterable[MethodSpec]:
            yield MethodSpec(
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

    assert list(with_plugin(Plugin()).methods) == ["dim"]


def test_unveil_networks_offers_published_networks() -> None:
    class Plugin:
        @hookimpl
        def unveil_networks(self) -> Iterable[NetworkSpec]:
            yield NetworkSpec(
                name="halve",
                summary="half of everything",
                network=lambda variant: nn.Linear(1, 1),
                convert=lambda held, variant: {},
                reference=lambda network, inputs, hyper: {"T": inputs["I"] / 2},
                inputs=("I",),
            )

    registry = with_plugin(Plugin())
    assert list(registry.networks) == ["halve"]
    with pytest.raises(RecipeError, match="no published network is named 'halv'; did you mean 'halve'"):
        registry.network("halv")


def test_unveil_recipe_folders_offers_recipes_by_name(tmp_path: Path) -> None:
    for name in ("night.yaml", "day.yml", "notes.txt"):
        (tmp_path / name).touch()

    class Plugin:
        @hookimpl
        def unveil_recipe_folders(self) -> Iterable[Path]:
            yield tmp_path

    registry = with_plugin(Plugin())
    assert registry.recipes == {"day": tmp_path / "day.yml", "night": tmp_path / "night.yaml"}
    assert registry.recipe_folders == (tmp_path,)


def test_unveil_capture_facts_tells_what_names_hold() -> None:
    class Plugin:
        @hookimpl
        def unveil_capture_facts(self, source: Path) -> CaptureFacts | None:
            return CaptureFacts(camera="Kodak") if source.suffix == ".kdc" else None

    hook = with_plugin(Plugin()).hook
    assert hook.unveil_capture_facts(source=Path("a.kdc")) == CaptureFacts(camera="Kodak")
    assert hook.unveil_capture_facts(source=Path("a.nef")) is None


def test_unveil_glimpse_shows_a_file_to_whoever_groups_it() -> None:
    class Plugin:
        @hookimpl
        def unveil_glimpse(self, source: Path) -> NDArray[np.float32] | None:
            return np.ones((48, 64), dtype=np.float32) if source.suffix == ".kdc" else None

    hook = with_plugin(Plugin()).hook
    assert hook.unveil_glimpse(source=Path("a.kdc")).shape == (48, 64)
    assert hook.unveil_glimpse(source=Path("a.nef")) is None


def test_unveil_frame_started_is_given_the_source() -> None:
    seen: list[Path] = []

    class Plugin:
        @hookimpl
        def unveil_frame_started(self, source: Path) -> None:
            seen.append(source)

    with_plugin(Plugin()).hook.unveil_frame_started(source=Path("a.dng"))
    assert seen == [Path("a.dng")]


def test_unveil_frame_finished_is_given_the_frame() -> None:
    seen: list[Frame] = []

    class Plugin:
        @hookimpl
        def unveil_frame_finished(self, frame: Frame) -> None:
            seen.append(frame)

    output = Output(temporary=Path(".a.part"), final=Path("a.tif"), role="transmission")
    frame = Frame(source=Path("a.dng"), outputs=(output,))
    with_plugin(Plugin()).hook.unveil_frame_finished(frame=frame)
    assert seen == [frame]


def test_unveil_frame_failed_is_given_source_and_error() -> None:
    seen: list[tuple[Path, Exception]] = []

    class Plugin:
        @hookimpl
        def unveil_frame_failed(self, source: Path, error: Exception) -> None:
            seen.append((source, error))

    error = FrameError("a.dng: empty")
    with_plugin(Plugin()).hook.unveil_frame_failed(source=Path("a.dng"), error=error)
    assert seen == [(Path("a.dng"), error)]


def test_a_hook_may_leave_out_what_it_does_not_need() -> None:
    seen: list[str] = []

    class Plugin:
        @hookimpl
        def unveil_frame_failed(self, error: Exception) -> None:
            seen.append(str(error))

    with_plugin(Plugin()).hook.unveil_frame_failed(source=Path("a.dng"), error=FrameError("empty"))
    assert seen == ["empty"]
