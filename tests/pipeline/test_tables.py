"""Lists for the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from unveil.pipeline.frame import Space
from unveil.pipeline.hookspecs import hookimpl
from unveil.pipeline.plan import Plan
from unveil.pipeline.registry import DEFAULT_PLUGINS, build_registry
from unveil.pipeline.tables import (
    method_rows,
    plan_rows,
    plugin_rows,
    recipe_rows,
    routes,
    spaces,
    stage_rows,
    weight_rows,
)


@dataclass(frozen=True)
class File:
    """As much of a weight file as is shown."""

    method: str = "m"
    path: Path = Path("m.safetensors")
    card: dict[str, str] = field(default_factory=dict)
    problem: str = ""


class Folder:
    """A plugin with a folder of recipes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @hookimpl
    def unveil_recipe_folders(self) -> Iterable[Path]:
        yield self.folder


def test_spaces_are_in_the_order_of_the_way_of_a_frame() -> None:
    assert spaces({Space.DISPLAY_RGB, Space.CFA, None}) == "file, cfa, display-rgb"


def test_routes_tell_what_is_given_for_what() -> None:
    assert routes({None: frozenset({Space.CFA, Space.DISPLAY_RGB})}) == "file -> cfa, display-rgb"


def test_every_stage_method_and_plugin_has_a_row() -> None:
    registry = build_registry()
    assert [row[0] for row in stage_rows(registry)] == list(registry.stages)
    assert [row[0] for row in method_rows(registry)] == list(registry.methods)
    assert [row[0] for row in plugin_rows(registry)] == [plugin.name for plugin in registry.plugins()]
    assert all(all(row) for row in (*stage_rows(registry), *method_rows(registry)))


def test_a_broken_recipe_is_listed_with_its_mistake(tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text("unveil: 1\nname: night\nstages:\n  - decod: {}\n")
    registry = build_registry([*DEFAULT_PLUGINS, Folder(tmp_path)])
    described = {row[0]: row[1] for row in recipe_rows(registry)}
    assert described["night"].startswith("broken: ")
    assert "did you mean 'decode'?" in described["night"]
    assert not described["window"].startswith("broken")


def test_a_plan_is_shown_with_its_outputs(short_plan: Plan) -> None:
    rows = plan_rows(short_plan)
    assert rows[0] == ("0", "decode", "file", "cfa, camera-rgb, display-rgb", "")
    assert rows[-1] == ("5", "encode", "display-rgb", "display-rgb", "{stem}_small.jpg")


def test_weights_are_good_or_have_a_problem() -> None:
    rows = weight_rows([File(card={"licence": "MIT"}), File(problem="the file is missing")])
    assert rows == [("m", "m.safetensors", "MIT", "good"), ("m", "m.safetensors", "", "the file is missing")]
