"""Pairs that are marked as not aligned: by a list beside them, by a manifest above them."""

import json
from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.training.aligned import aligned, unaligned
from unveil.training.pairs import Pair

NAMES = ("a", "b", "c")


def pairs(folder: Path) -> list[Pair]:
    return [Pair(n, folder / f"blended/{n}.png", folder / f"transmission/{n}.png") for n in NAMES]


def manifest(path: Path, data: object) -> None:
    path.write_text(json.dumps(data))


def test_nothing_is_marked_without_a_file_that_says_so(tmp_path: Path) -> None:
    assert unaligned(tmp_path, pairs(tmp_path)) == {}
    assert aligned(tmp_path, pairs(tmp_path)) == pairs(tmp_path)


def test_list_names_pairs_and_may_have_remarks(tmp_path: Path) -> None:
    (tmp_path / "unaligned.txt").write_text("# seen by eye\n\nb  # the camera moved\n")
    assert unaligned(tmp_path, pairs(tmp_path)) == {"b": "unaligned.txt"}
    assert [pair.name for pair in aligned(tmp_path, pairs(tmp_path))] == ["a", "c"]


def test_name_of_no_pair_in_the_list_is_told(tmp_path: Path) -> None:
    (tmp_path / "unaligned.txt").write_text("d\n")
    with pytest.raises(RecipeError, match=r"unaligned\.txt: there is no pair 'd'"):
        unaligned(tmp_path, pairs(tmp_path))


def test_all_pairs_marked_is_refused(tmp_path: Path) -> None:
    (tmp_path / "unaligned.txt").write_text("\n".join(NAMES))
    with pytest.raises(RecipeError, match="all of its pairs are marked as not aligned"):
        aligned(tmp_path, pairs(tmp_path))


def test_manifest_above_the_pairs_marks_them_by_their_path(tmp_path: Path) -> None:
    files = [
        {"file": "sets/real/blended/a.png", "aligned": True},
        {"file": "sets/real/blended/c.png", "aligned": False},
        {"file": "sets/other/blended/b.png", "aligned": False},
        {"file": "sets/real/blended/b.png"},
    ]
    manifest(tmp_path / "MANIFEST.json", {"files": files})
    folder = tmp_path / "sets/real"
    assert unaligned(folder, pairs(folder)) == {"c": "MANIFEST.json"}


@pytest.mark.parametrize("data", [[], {}, {"files": {}}, {"files": [1, {"aligned": False}]}])
def test_manifest_of_something_else_marks_nothing(tmp_path: Path, data: object) -> None:
    manifest(tmp_path / "MANIFEST.json", data)
    assert unaligned(tmp_path, pairs(tmp_path)) == {}


@pytest.mark.parametrize(("data", "sentence"), [(b"{", "is not JSON"), (b"\xff", "cannot be read")])
def test_broken_manifest_is_told(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "MANIFEST.json").write_bytes(data)
    with pytest.raises(RecipeError, match=sentence):
        unaligned(tmp_path, pairs(tmp_path))
