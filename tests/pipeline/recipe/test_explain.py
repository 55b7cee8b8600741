"""Mistakes in values are told in plain words: what was found and what is allowed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from unveil.isp.parameters import Encode
from unveil.pipeline.recipe.explain import allowed, check, describe, show
from unveil.pipeline.stage import Parameters


class Inner(Parameters):
    """A mapping inside the parameters."""

    steps: int = Field(ge=1)


class Everything(Parameters):
    """A parameter of every kind."""

    count: int = Field(3, ge=1, le=9)
    amount: float = Field(1.0, gt=0)
    below: float = Field(0.0, ge=0, lt=1)
    even: int = Field(2, multiple_of=2)
    on: bool = False
    word: str = Field("x", min_length=1)
    code: str = Field("ab", pattern="^[a-z]+$")
    choice: Literal["red", "green"] = "red"
    either: Literal["auto"] | Annotated[int, Field(ge=2)] = "auto"
    triple: tuple[float, float, float] = (1.0, 1.0, 1.0)
    words: tuple[Literal["a", "b"], ...] = ()
    maybe: int | None = None
    inner: Inner | None = None
    table: dict[str, Any] = Field(default_factory=dict)

    @field_validator("word")
    @classmethod
    def _not_bad(cls, word: str, info: ValidationInfo) -> str:
        if word == "bad":
            raise ValueError("'bad' is taken")
        return word

    @model_validator(mode="after")
    def _together(self) -> Everything:
        if self.count == 9 and self.on:
            raise ValueError("count 9 and on do not go together")
        return self


def told(**values: Any) -> list[str]:
    checked, mistakes = check(Everything, values, ("s",))
    assert (checked is None) == bool(mistakes)
    return [f"{'.'.join(map(str, mistake.where))}: {mistake.text}" for mistake in mistakes]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"count": 0}, "s.count: found 0; allowed: a whole number from 1 to 9"),
        ({"count": 2.5}, "s.count: found 2.5; allowed: a whole number from 1 to 9"),
        ({"count": True}, "s.count: found true; allowed: a whole number from 1 to 9"),
        ({"count": None}, "s.count: found nothing; allowed: a whole number from 1 to 9"),
        ({"count": "4"}, "s.count: found '4'; allowed: a whole number from 1 to 9; write it without quotes"),
        ({"amount": 0}, "s.amount: found 0; allowed: a number above 0"),
        ({"amount": False}, "s.amount: found false; allowed: a number above 0"),
        ({"amount": [1]}, "s.amount: found [1]; allowed: a number above 0"),
        ({"amount": float("nan")}, "s.amount: found .nan; allowed: finite numbers"),
        ({"below": 1}, "s.below: found 1; allowed: a number at least 0 and below 1"),
        ({"even": 3}, "s.even: found 3; Input should be a multiple of 2"),
        ({"on": 1}, "s.on: found 1; allowed: true or false"),
        ({"on": "yes"}, "s.on: found 'yes'; allowed: true or false"),
        ({"on": "true"}, "s.on: found 'true'; allowed: true or false; write it without quotes"),
        ({"word": ""}, "s.word: found ''; allowed: text that is not empty"),
        ({"word": 3}, "s.word: found 3; allowed: text that is not empty"),
        ({"word": "bad"}, "s.word: found 'bad'; 'bad' is taken"),
        ({"code": "A1"}, "s.code: found 'A1'; String should match pattern '^[a-z]+$'"),
        ({"choice": "gren"}, "s.choice: found 'gren'; allowed: 'red' or 'green'; did you mean 'green'?"),
        ({"choice": 1}, "s.choice: found 1; allowed: 'red' or 'green'"),
        (
            {"either": "atuo"},
            "s.either: found 'atuo'; allowed: 'auto' or a whole number at least 2; did you mean 'auto'?",
        ),
        ({"either": 1}, "s.either: found 1; allowed: 'auto' or a whole number at least 2"),
        ({"triple": [1, 2]}, "s.triple: found [1, 2]; allowed: a list of 3, each a number"),
        ({"triple": [1, "x", 3]}, "s.triple.1: found 'x'; allowed: a number"),
        ({"triple": [1, float("inf"), 3]}, "s.triple.1: found .inf; allowed: finite numbers"),
        ({"words": "a"}, "s.words: found 'a'; allowed: a list, each 'a' or 'b'"),
        ({"words": ["a", "c"]}, "s.words.1: found 'c'; allowed: 'a' or 'b'"),
        ({"maybe": "x"}, "s.maybe: found 'x'; allowed: a whole number or nothing"),
        ({"inner": {}}, "s.inner.steps: missing; add it (allowed: a whole number at least 1)"),
        ({"inner": {"steps": 0}}, "s.inner.steps: found 0; allowed: a whole number at least 1"),
        (
            {"inner": {"steps": 1, "stps": 1}},
            "s.inner.stps: is unknown; did you mean 'steps'? allowed: steps",
        ),
        ({"table": 3}, "s.table: found 3; allowed: a mapping"),
        ({"zzzz": 3}, "s.zzzz: is unknown; allowed: count, amount, "),
        ({"count": 9, "on": True}, "s: found {count: 9, on: true}; count 9 and on do not go together"),
    ],
)
def test_one_mistake_is_told_once_and_in_full(values: dict[str, Any], sentence: str) -> None:
    sentences = told(**values)
    assert len(sentences) == 1
    assert sentences[0].startswith(sentence)
    assert sentences[0] == sentence or sentence.endswith(", ")


def test_all_mistakes_are_told_together() -> None:
    assert len(told(count=0, amount="x", nonsense=1, below=float("nan"))) == 4


def test_good_values_give_the_model() -> None:
    checked, mistakes = check(Everything, {"amount": 2, "triple": [1, 2, 3], "either": 5, "words": ["a"]}, ())
    assert mistakes == []
    assert isinstance(checked, Everything)
    assert (checked.amount, checked.triple, checked.words) == (2.0, (1.0, 2.0, 3.0), ("a",))


def test_a_model_without_parameters_says_so() -> None:
    _, mistakes = check(Parameters, {"a": 1}, ())
    assert [mistake.text for mistake in mistakes] == ["is unknown; there are no parameters here, remove it"]
    assert mistakes[0].of_key


def test_branches_of_a_union_of_models_are_told_once() -> None:
    class Other(BaseModel):
        model_config = ConfigDict(extra="forbid")
        name: str

    class Both(Parameters):
        part: Inner | Other

    _, mistakes = check(Both, {"part": 3}, ())
    assert [mistake.text for mistake in mistakes] == ["found 3; allowed: a mapping"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (True, "true"),
        (-2.2, "-2.2"),
        ("a", "'a'"),
        ([1, None], "[1, nothing]"),
        ({"a": "b"}, "{a: 'b'}"),
        (float("-inf"), "-.inf"),
        ("x" * 100, "'" + "x" * 55 + " ..."),
        ("\x1b[31m", r"'\x1b[31m'"),
    ],
)
def test_values_are_shown_as_a_recipe_spells_them(value: object, text: str) -> None:
    assert show(value) == text


def test_allowed_says_anything_where_the_schema_does() -> None:
    assert allowed({}, {}) == "anything"


def test_describe_gives_every_parameter_in_words() -> None:
    rows = {row.name: row for row in describe(Encode)}
    assert rows.keys() == Encode.model_fields.keys()
    assert (rows["quality"].allowed, rows["quality"].default) == ("a whole number from 1 to 100", "92")
    assert (rows["depth"].allowed, rows["depth"].default) == ("8, 10, 12, 16, 32 or nothing", "nothing")
    assert rows["fit"].description == "shrink to this long side, in linear light"


def test_describe_marks_what_is_required() -> None:
    assert [row.default for row in describe(Inner)] == ["required"]
    defaults = {row.name: row.default for row in describe(Everything)}
    assert (defaults["triple"], defaults["table"]) == ("[1.0, 1.0, 1.0]", "{}")


def test_describe_names_what_is_inside_a_mapping() -> None:
    class Outer(Parameters):
        part: Inner
        count: int = 3

    assert [row.name for row in describe(Outer)] == ["part.steps", "count"]
