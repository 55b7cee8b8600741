"""Job tickets: what they may say, and the sentence for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.naming import Naming
from unveil.pipeline.watch.orders import Base, Order, order_of
from unveil.pipeline.watch.orders import Orders as _Orders
from unveil.pipeline.watch.ticket import Then, read_ticket

from .conftest import registry


def written(folder: Path, text: str) -> Path:
    path = folder / "job.yaml"
    path.write_text(text)
    return path


def ordered(path: Path, recipe: str = "proof", **more: object) -> Order:
    base = Base(recipe=recipe, **more)  # type: ignore[arg-type]
    usual = _Orders(base, registry(), path.parent, required=False).usual
    return order_of(read_ticket(path), usual, base, registry())


def test_a_ticket_overrides_recipe_strength_names_number_and_what_becomes_of_sources(tmp_path: Path) -> None:
    text = 'recipe: window\nstrength: 0.5\nnaming: "{job}/{stem}"\njob: 0042\nset: [tone.exposure=0.5]\nthen: move\n'
    order = ordered(written(tmp_path, text), overrides=("encode.quality=50",))
    stages = dict(order.plan.recipe.stages)
    assert order.plan.recipe.name == "window"
    assert stages["separate"].model_dump()["strength"] == 0.5
    assert stages["tone"].model_dump()["exposure"] == 0.5
    assert stages["encode"].model_dump()["quality"] != 50  # the command line's are for its own recipe
    assert order.job == "0042"
    assert order.then is Then.MOVE
    names = [str(name) for name in order.plan.outputs(Naming(stem="a", job=order.job))]
    assert names[:2] == ["0042/a_clean.tif", "proof/0042/a.jpg"]


def test_what_a_ticket_does_not_say_is_as_on_the_command_line(tmp_path: Path) -> None:
    order = ordered(
        written(tmp_path, "strength: 0.25"), job="K1", then=Then.MARK, overrides=("encode.quality=50",)
    )
    stages = dict(order.plan.recipe.stages)
    assert (order.plan.recipe.name, order.job, order.then) == ("proof", "K1", Then.MARK)
    assert stages["separate"].model_dump()["strength"] == 0.25
    assert stages["encode"].model_dump()["quality"] == 50


def test_a_recipe_file_is_looked_for_beside_the_ticket(tmp_path: Path, short_recipe: Path) -> None:
    (tmp_path / "job").mkdir()
    order = ordered(written(tmp_path / "job", f"recipe: ../{short_recipe.name}"))
    assert order.plan.recipe.name == "short"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", ":1:1", "found nothing; a ticket is a mapping that may have recipe, strength, naming"),
        ("- a", ":1:1", "found ['a']; a ticket is a mapping"),
        ("strengt: 1", ":1:1", "strengt: "),
        ("job: x\nstrength: lots", ":2:11", "strength: found 'lots'"),
        ("job: x\nstrength: 7", ":2:11", "separate.strength=7"),
        ("then: burn", ":1:7", "then: found 'burn'; allowed: 'leave', 'move', 'mark'"),
        ("recipe: prof", ":1:9", "no recipe is named 'prof'; did you mean 'proof'?"),
        ("recipe: gone.yaml", ":1:9", "there is no such file"),
        ("set:\n  - tone.exposure=1\n  - tone.gama=1", ":3:5", "tone.gama=1: "),
        ('naming: "{stm}"', ":1:9", "no token {stm}"),
        ('naming: "../{stem}"', ":1:9", "naming: "),
        ("job: a\njob: b", ":2:1", "given twice"),
        ("job: [", ":1:7", "this is not valid YAML"),
        ("recipe: develop\nstrength: 1", ":2:11", "the recipe has no stage 'separate'"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_line(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RecipeError) as caught:
        ordered(path)
    assert str(caught.value).startswith(f"{path}{place}: ")
    assert words in str(caught.value)


def test_a_recipe_with_groups_is_refused(tmp_path: Path, short_recipe: Path) -> None:
    text = short_recipe.read_text()
    short_recipe.write_text(text.replace("name: short", "name: short\ngroup: folder"))
    with pytest.raises(RecipeError, match="pictures that come one by one are in no group"):
        ordered(written(tmp_path, "job: a"), str(short_recipe))
