"""YAML of recipes: plain data with positions, and nothing that the text does not spell out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.recipe.positions import MAX_BYTES, plain, read_bytes, read_yaml, spell


def refused(data: bytes | str) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        read_yaml(data.encode() if isinstance(data, str) else data, "r.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("0", 0),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("2.", 2.0),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("as-shot", "as-shot"),
        ("1_000", "1_000"),
        ("-.inf", -math.inf),
        ("9" * 5000, math.inf),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


def test_nan_is_read_as_such() -> None:
    assert math.isnan(plain(".nan"))


def test_quoted_text_stays_text() -> None:
    assert read_yaml(b'["1", \'true\', "~"]', "r").value == ["1", "true", "~"]


def test_values_and_keys_know_their_line_and_column() -> None:
    document = read_yaml(b"a: 1\nb:\n  - {c: x}\n", "r.yaml")
    assert document.value == {"a": 1, "b": [{"c": "x"}]}
    assert document.keys["b",] == (2, 1)
    assert document.values["b", 0, "c"] == (3, 9)
    assert document.keys["b", 0, "c"] == (3, 6)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~"])
def test_a_file_without_data_is_nothing(text: str) -> None:
    assert read_yaml(text.encode(), "r").value is None


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 1", "r").value == {"a": 1}


def test_a_key_given_twice_is_told_and_the_rest_is_read() -> None:
    document = read_yaml(b"a: 1\nb: {c: 1, c: [2]}\na: 3\n", "r")
    assert document.value == {"a": 1, "b": {"c": 1}}
    assert document.problems == [
        ((2, 11), "b.c: given twice, first in line 2; keep one"),
        ((3, 1), "a: given twice, first in line 1; keep one"),
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a: 1\nb: \xff", "r.yaml:2:4: byte 0xff is not UTF-8; save the file as UTF-8"),
        ("a: b".encode("utf-16"), "r.yaml:1:1: byte 0xff is not UTF-8; save the file as UTF-8"),
        ("a: \x07", "r.yaml:1:4: character U+0007 has no place in a recipe"),
        ("a:\n\tb: 1", "r.yaml:2:1: a tab stands here; YAML indents with spaces only"),
        ("a: &x 1", "r.yaml:1:4: '&x': recipes have no anchors and aliases; write the value out"),
        ("a: *x", "r.yaml:1:4: '*x': recipes have no anchors and aliases; write the value out"),
        ("a: !!float 1", "r.yaml:1:4: '!!float': recipes have no tags; remove it"),
        (
            "!!python/object/apply:os.system [ls]",
            "r.yaml:1:1: '!!python/object/apply:os.system': recipes have",
        ),
        ("a: !x 1", "r.yaml:1:4: '!x': recipes have no tags; remove it"),
        ("!!str a: 1", "r.yaml:1:1: '!!str': recipes have no tags; remove it"),
        ("a: 1\n---\nb: 2", "r.yaml:2:1: a second document starts here; a file holds one recipe"),
        ("[a]: 1", "r.yaml:1:1: a list or mapping stands where a name is expected"),
        ("? {a: b}\n: 1", "r.yaml:1:3: a list or mapping stands where a name is expected"),
        ("[" * 40, "r.yaml:1:18: nested deeper than 16 levels"),
        ("a: [1", "r.yaml:1:6: this is not valid YAML: expected ',' or ']'"),
        ("a: b: c", "r.yaml:1:5: this is not valid YAML: mapping values are not allowed here"),
        ('a: "\\ud800"', "r.yaml:1:4: half of a surrogate pair is no character"),
        ('a: "\\UFFFFFFFF"', "r.yaml:1:1: this is not valid YAML: "),
        ("%YAML 3.0\n---\na: 1", "r.yaml:1:1: this is not valid YAML: found incompatible YAML document"),
    ],
)
def test_text_that_is_not_a_recipe_is_refused_where_it_goes_wrong(data: bytes | str, sentence: str) -> None:
    assert refused(data)[0].startswith(sentence)


def test_keys_given_twice_are_told_even_where_the_text_breaks_off_later() -> None:
    assert refused("a: 1\na: 2\nb: &x 1") == (
        "r.yaml:2:1: a: given twice, first in line 1; keep one",
        "r.yaml:3:4: '&x': recipes have no anchors and aliases; write the value out",
    )


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "\n".join(
        f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert refused(bomb) == ("r.yaml:1:4: '&a': recipes have no anchors and aliases; write the value out",)


def test_a_large_file_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(RecipeError, match=r"^large\.yaml: larger than 64 KiB; is this a recipe\?$"):
        read_bytes(path, "large.yaml")
    path.write_bytes(b"#" * MAX_BYTES)
    assert len(read_bytes(path, "large.yaml")) == MAX_BYTES


def test_a_file_that_cannot_be_read_gives_the_reason(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"^gone\.yaml: cannot be read: No such file or directory$"):
        read_bytes(tmp_path / "gone.yaml", "gone.yaml")


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ((), ""),
        (("name",), "name"),
        (("stages", 4, "tone", "gamma"), "stages[4].tone.gamma"),
        (("stages", 4, "colour", "white_balance", 1), "stages[4].colour.white_balance[1]"),
        (("a\x1b[31m",), r"'a\x1b[31m'"),
    ],
)
def test_paths_are_spelled_so_that_they_can_be_printed(where: tuple[str | int, ...], text: str) -> None:
    assert spell(where) == text
