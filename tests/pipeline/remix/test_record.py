"""What a record says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from unveil.pipeline.errors import FrameError, RecipeError
from unveil.pipeline.remix.record import KEY, Facts, read_facts, source_hash

FACTS = {
    "source": "/s/IMG_1.NEF",
    "sha256": "ab",
    "recipe": "unveil: 1",
    "place": 2,
    "method": "known",
    "program": "0.1.0",
    "shape": [3, 4, 5],
    "size": [4, 5],
    "notes": ["one"],
    "version": 1,
}


def write(path: Path, facts: dict[str, object] | None) -> Path:
    save_file({"reflection": torch.zeros(1)}, path, None if facts is None else {KEY: json.dumps(facts)})
    return path


def test_facts_come_back(tmp_path: Path) -> None:
    found = read_facts(write(tmp_path / "a.unveil", FACTS))
    assert found == Facts(
        source="/s/IMG_1.NEF",
        sha256="ab",
        recipe="unveil: 1",
        place=2,
        method="known",
        program="0.1.0",
        shape=(3, 4, 5),
        size=(4, 5),
        notes=("one",),
    )


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (FACTS | {"version": 2}, "a record of version 2; this program reads 1"),
        (FACTS | {"colour": "red"}, r"not a whole record \(TypeError\)"),
        ({"version": 1}, r"not a whole record \(KeyError\)"),
        (None, r"not a whole record \(KeyError\)"),
    ],
)
def test_what_is_no_record_of_ours_is_refused(
    tmp_path: Path, facts: dict[str, object] | None, sentence: str
) -> None:
    with pytest.raises(RecipeError, match=rf"a\.unveil: {sentence}"):
        read_facts(write(tmp_path / "a.unveil", facts))


def test_a_record_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"a\.unveil: cannot be read"):
        read_facts(tmp_path / "a.unveil")


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    """FIPS 180-2, example B.1."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert source_hash(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_that_cannot_be_hashed_fails_the_frame(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="gone: cannot be read"):
        source_hash(tmp_path / "gone")
