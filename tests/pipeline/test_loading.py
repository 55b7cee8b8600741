"""Installed plugins are found by entry point, and the environment steers which of them are loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unveil.pipeline.errors import PluginError
from unveil.pipeline.registry import DEFAULT_PLUGINS, build_registry

PLUGIN = """
from unveil import StageSpec, Space, hookimpl
from unveil.pipeline.stage import Parameters

@hookimpl
def unveil_stages():
    yield StageSpec(name="{stage}", summary="as it is", parameters=Parameters,
                    routes={{Space.DISPLAY_RGB: frozenset({{Space.DISPLAY_RGB}})}},
                    build=lambda parameters, context: lambda frame: frame)
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install distributions as pip leaves them: a module beside a `dist-info` folder with its entry point."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("UNVEIL_LOAD_PLUGINS", raising=False)
    modules: list[str] = []

    def write(name: str, version: str = "1.2", stage: str = "", source: str = PLUGIN) -> None:
        module = f"made_for_test_{name.replace('-', '_')}"
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(source.format(stage=stage or name))
        info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[unveil]\n{name}-point = {module}\n")

    yield write
    for module in modules:
        sys.modules.pop(module, None)


def loaded() -> list[str]:
    return [plugin.name for plugin in build_registry().plugins() if plugin.name not in DEFAULT_PLUGINS]


def test_an_installed_plugin_is_loaded_after_the_defaults(install: Install) -> None:
    install("soften")
    registry = build_registry()
    assert registry.plugins()[-1].name == "made_for_test_soften"
    assert str(registry.origin("soften")) == "soften 1.2 (made_for_test_soften)"


def test_installed_plugins_load_in_the_order_of_their_names(install: Install) -> None:
    install("zoom")
    install("blur")
    assert loaded() == ["made_for_test_blur", "made_for_test_zoom"]


def test_an_empty_variable_loads_none(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("soften")
    monkeypatch.setenv("UNVEIL_LOAD_PLUGINS", "")
    assert loaded() == []
    assert "decode" in build_registry().stages


@pytest.mark.parametrize("asked", ["my-blur", "my-blur-point", " My_Blur ,", "my.blur"])
def test_the_variable_chooses_by_distribution_or_entry_point(
    install: Install, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    install("my-blur")
    install("zoom")
    monkeypatch.setenv("UNVEIL_LOAD_PLUGINS", asked)
    assert loaded() == ["made_for_test_my_blur"]


def test_the_variable_naming_what_is_not_installed_is_an_error(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("soften")
    monkeypatch.setenv("UNVEIL_LOAD_PLUGINS", "softn")
    with pytest.raises(PluginError) as caught:
        build_registry()
    assert str(caught.value) == (
        "UNVEIL_LOAD_PLUGINS: no installed plugin is named 'softn'; did you mean 'soften'? "
        "There are soften and soften-point"
    )


def test_a_clash_of_installed_plugins_names_both_versions(install: Install) -> None:
    install("soften", "1.2", stage="blur")
    install("smear", "0.3", stage="blur")
    with pytest.raises(PluginError) as caught:
        build_registry()
    assert str(caught.value).startswith(
        "two plugins offer the stage 'blur': smear 0.3 (made_for_test_smear) and "
        "soften 1.2 (made_for_test_soften); uninstall one"
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def", "SyntaxError: "),
    ],
)
def test_a_plugin_that_fails_on_import_is_named(install: Install, source: str, reason: str) -> None:
    install("broken", source=source)
    with pytest.raises(PluginError) as caught:
        build_registry()
    sentence = str(caught.value)
    assert sentence.startswith(f"the plugin broken 1.2 (made_for_test_broken) cannot be loaded: {reason}")
    assert sentence.endswith("repair or uninstall it, or leave it out with UNVEIL_LOAD_PLUGINS")


def test_a_broken_plugin_can_be_left_out(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("broken", source="1 / 0")
    install("soften")
    monkeypatch.setenv("UNVEIL_LOAD_PLUGINS", "soften")
    assert loaded() == ["made_for_test_soften"]


def test_the_trace_shows_every_hook_call(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install("soften")
    monkeypatch.setenv("UNVEIL_TRACE_PLUGINS", "1")
    registry = build_registry()
    registry.hook.unveil_frame_started(source=Path("a.dng"))
    out, lines = capsys.readouterr()
    assert out == ""
    assert "hook unveil_stages(): made_for_test_soften\n" in lines
    assert "hook unveil_stages -> [[StageSpec(name='soften'" in lines
    assert f"hook unveil_frame_started(source={Path('a.dng')!r}): no plugin" in lines
    assert "soften" in registry.stages


def test_no_trace_without_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("UNVEIL_TRACE_PLUGINS", raising=False)
    build_registry(DEFAULT_PLUGINS)
    assert capsys.readouterr() == ("", "")
