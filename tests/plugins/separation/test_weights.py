"""Weight files: what is shipped is whole, and what is broken is named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.hashing import sha256
from unveil.plugins.separation.weights import list_weights, load_into, verify_weights
from unveil.plugins.unveilnet.network import UnveilNet
from unveil.plugins.unveilnet.plugin import WEIGHTS, unveil_methods


def test_shipped_weights_are_whole_and_fit_their_network() -> None:
    assert [file.problem for file in verify_weights(unveil_methods())] == [""]


def test_shipped_card_says_what_a_lab_must_know() -> None:
    (file,) = list_weights(unveil_methods())
    for key in ("method", "licence", "source", "data", "training", "scores", "known_failures", "sha256"):
        assert file.card[key], key


def test_shipped_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size < 8e6
    assert sum(p.numel() for p in UnveilNet().parameters()) <= 4.5e6


def test_altered_file_is_found(tmp_path: Path) -> None:
    copy = tmp_path / WEIGHTS.name
    data = bytearray(WEIGHTS.read_bytes())
    data[-1] ^= 1
    copy.write_bytes(data)
    copy.with_suffix(".json").write_bytes(WEIGHTS.with_suffix(".json").read_bytes())
    (spec,) = unveil_methods()
    (file,) = verify_weights([replace(spec, weights=(copy,))])
    assert file.problem.startswith(f"sha256 is {sha256(copy)}")


def test_missing_file_and_missing_card_are_named(tmp_path: Path) -> None:
    (spec,) = unveil_methods()
    lone = tmp_path / "lone.safetensors"
    lone.write_bytes(b"x")
    files = list_weights([replace(spec, weights=(tmp_path / "none.safetensors", lone))])
    assert [file.problem for file in files] == ["the file is missing", "its card lone.json is missing"]


def test_card_that_is_not_an_object_is_named(tmp_path: Path) -> None:
    (spec,) = unveil_methods()
    lone = tmp_path / "lone.safetensors"
    lone.write_bytes(b"x")
    lone.with_suffix(".json").write_text(json.dumps([1]))
    (file,) = list_weights([replace(spec, weights=(lone,))])
    assert file.problem == "its card lone.json is not a JSON object"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"bias": torch.zeros(2)}, "the weights lack 'weight'"),
        ({"weight": torch.zeros(2, 4), "bias": torch.zeros(2)}, "'weight' has the shape (2, 4)"),
        ({"weight": torch.zeros(2, 3), "bias": torch.zeros(2), "x": torch.zeros(1)}, "the weights hold 'x'"),
    ],
)
def test_weights_of_another_network_are_refused(
    tmp_path: Path, state: dict[str, torch.Tensor], sentence: str
) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state, path)
    with pytest.raises(EnvironmentFailure) as error:
        load_into(nn.Linear(3, 2), path)
    assert str(error.value).startswith(f"{path}: {sentence}")


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(WEIGHTS.read_bytes()[:1000])
    with pytest.raises(EnvironmentFailure, match="not a whole safetensors file"):
        load_into(UnveilNet(), path)
