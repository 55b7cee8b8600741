"""Suggestions name what is near and list what there is."""

from __future__ import annotations

import pytest

from unveil.pipeline.suggest import closest, did_you_mean, listing, unknown


@pytest.mark.parametrize(
    ("word", "choice"), [("tne", "tone"), ("TONE", "tone"), ("encod", "encode"), ("zzz", None), ("", None)]
)
def test_closest_finds_typing_errors_whatever_the_case(word: str, choice: str | None) -> None:
    assert closest(word, ["decode", "encode", "tone"]) == choice


def test_choice_is_given_in_its_own_case() -> None:
    assert did_you_mean("rec2020", ["sRGB", "Rec2020"]) == "; did you mean 'Rec2020'?"


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert did_you_mean("zzz", ["tone"]) == ""


@pytest.mark.parametrize(
    ("words", "text"),
    [([], "nothing"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_listing_reads_like_a_sentence(words: list[str], text: str) -> None:
    assert listing(words) == text


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        (["tone", "decode"], "no stage is named 'tne'; did you mean 'tone'? There are decode and tone"),
        (["encode", "decode"], "no stage is named 'tne'; there are decode and encode"),
        (["decode"], "no stage is named 'tne'; there is only decode"),
        ([], "no stage is named 'tne'; there is none"),
    ],
)
def test_unknown_lists_what_there_is(choices: list[str], text: str) -> None:
    assert unknown("stage", "tne", choices) == text
