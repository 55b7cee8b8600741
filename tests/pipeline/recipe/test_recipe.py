"""Recipes are found by name or path, and can be written down and read back."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.groups.group import Grouping
from unveil.pipeline.recipe.recipe import Recipe, load_recipe, parse_recipe
from unveil.pipeline.registry import DEFAULT_PLUGINS, Registry, build_registry
from unveil.pipeline.stage import Parameters

GOOD = "unveil: 1\nname: {name}\nstages: [decode, linearize, demosaic, colour, tone, encode]\n"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return build_registry(DEFAULT_PLUGINS)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(asked: str | Path, registry: Registry) -> str:
    with pytest.raises(RecipeError) as caught:
        load_recipe(asked, registry)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_a_recipe_is_found_by_name(registry: Registry) -> None:
    recipe = load_recipe("window", registry)
    assert recipe.name == "window"
    assert Path(recipe.source) == registry.recipes["window"]
    assert recipe.description.startswith("Removes reflections")


@pytest.mark.parametrize("name", ["night.yaml", "night.yml", "night.YAML"])
def test_a_recipe_is_found_by_path(registry: Registry, here: Path, name: str) -> None:
    (here / name).write_text(GOOD.format(name="night"))
    assert load_recipe(name, registry).name == "night"
    assert load_recipe(here / name, registry).name == "night"
    assert load_recipe(name, registry).source == name


def test_each_stage_knows_its_place(registry: Registry, here: Path) -> None:
    stages = "".join(
        f"- {name}\n" for name in ("decode", "linearize", "demosaic", "colour", "tone", "encode")
    )
    (here / "night.yaml").write_text(f"unveil: 1\nname: n\nstages:\n{stages}")
    assert load_recipe("night.yaml", registry).places[:2] == ("night.yaml:4:3", "night.yaml:5:3")


def test_errors_name_the_file_as_it_was_given(registry: Registry, here: Path) -> None:
    (here / "night.yaml").write_text("[]")
    assert refused("./night.yaml", registry).startswith("./night.yaml:1:1: found a list; ")


def test_an_unknown_name_lists_what_there_is(registry: Registry, here: Path) -> None:
    names = ", ".join(sorted(registry.recipes)[:-1]) + " and " + sorted(registry.recipes)[-1]
    path = "a recipe file is given by its path, ending in .yaml"
    assert (
        refused("windo", registry)
        == f"no recipe is named 'windo'; did you mean 'window'? There are {names}; {path}"
    )
    assert refused("zzz", registry) == f"no recipe is named 'zzz'; there are {names}; {path}"


def test_a_file_of_that_name_here_is_hinted_at(registry: Registry, here: Path) -> None:
    (here / "night.yaml").touch()
    assert refused("night", registry).endswith("; for the file here say night.yaml")


def test_a_path_that_is_no_recipe_file_is_told_so(registry: Registry, here: Path) -> None:
    (here / "IMG_1.NEF").touch()
    (here / "folder.yaml").mkdir()
    suffix = "not a recipe; the name of a recipe file ends in .yaml or .yml"
    assert refused("IMG_1.NEF", registry) == f"IMG_1.NEF: {suffix}"
    assert refused("./IMG_1.NEF", registry) == f"./IMG_1.NEF: {suffix}"
    assert refused("gone.yaml", registry) == "gone.yaml: there is no such file"
    assert refused("some/where", registry) == "some/where: there is no such file"
    assert refused("folder.yaml", registry) == "folder.yaml: not a file; give the path of a recipe"


def test_a_recipe_that_may_not_be_looked_at_is_told_so(
    registry: Registry, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    assert refused("locked/a.yaml", registry) == "locked/a.yaml: cannot be read: Permission denied"


def test_names_that_move_the_cursor_are_spelled_out(registry: Registry, here: Path) -> None:
    assert "\x1b" not in refused("\x1b[31m.yaml", registry)
    assert "\x1b" not in refused("\x1b[31m", registry)


def test_a_shipped_name_wins_over_a_file(registry: Registry, here: Path) -> None:
    (here / "window").write_text("[]")
    assert load_recipe("window", registry).name == "window"


@pytest.mark.parametrize("name", ["window", "proof", "develop"])
def test_a_recipe_written_down_is_read_back_as_it_was(registry: Registry, name: str) -> None:
    recipe = load_recipe(name, registry, ["tone.exposure=-0.001"])
    assert parse_recipe(recipe.to_yaml(), registry) == recipe


GROUPED = "unveil: 1\nname: g\ngroup: {}\nstages:\n- decode\n- linearize\n- encode: {{format: xmp}}\n"


@pytest.mark.parametrize("group", list(Grouping))
def test_a_recipe_says_which_frames_are_grouped(registry: Registry, group: Grouping) -> None:
    recipe = parse_recipe(GROUPED.format(group), registry)
    assert recipe.group is group
    assert parse_recipe(recipe.to_yaml(), registry) == recipe
    assert ("group" in recipe.to_dict()) == (group is not Grouping.NONE)


def test_an_unknown_way_of_grouping_is_refused(registry: Registry) -> None:
    with pytest.raises(RecipeError) as error:
        parse_recipe(GROUPED.format("scene"), registry, "g.yaml")
    assert error.value.problems == ("g.yaml:3:8: group: found 'scene'; allowed: 'none', 'folder' or 'auto'",)


def test_every_parameter_is_spelled_out(registry: Registry) -> None:
    recipe = load_recipe("develop", registry)
    assert recipe.to_dict()["stages"][1] == {
        "linearize": {"highlights": "clip", "below_black": "keep", "hot_pixels": "off", "keep": []}
    }
    assert (
        "\n- linearize: {highlights: clip, below_black: keep, hot_pixels: 'off', keep: []}\n"
        in recipe.to_yaml()
    )
    assert recipe.to_yaml().startswith("unveil: 1\nname: develop\n")


@pytest.mark.parametrize(
    "text", ["1e3", "0o17", "null", "~", "true", "12", ".5", "no", "a: b", "#x", "é", ""]
)
def test_text_that_looks_like_something_else_is_read_back_as_text(registry: Registry, text: str) -> None:
    recipe = load_recipe("develop", registry)
    odd = Recipe(name="x", description=text, stages=recipe.stages)
    assert parse_recipe(odd.to_yaml(), registry).description == text


def test_a_recipe_travels_to_a_worker(registry: Registry) -> None:
    recipe = load_recipe("window", registry)
    copy = pickle.loads(pickle.dumps(recipe))
    assert copy == recipe
    assert copy.places == recipe.places


def test_parameters_are_frozen(registry: Registry) -> None:
    parameters: Parameters = load_recipe("develop", registry).stages[1][1]
    with pytest.raises(ValueError, match="frozen"):
        parameters.highlights = "keep"  # type: ignore[attr-defined]
