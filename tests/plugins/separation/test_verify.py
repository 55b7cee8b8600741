"""Verification finds what is wrong and says where; what is right passes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unveil.cli import main
from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.network import NetworkSpec
from unveil.plugins.separation.filling import fill, filled
from unveil.plugins.separation.verify import Check, check_keys, verify, verify_case

CASES = Path(__file__).parents[2] / "data" / "reference" / "dgunet"
NETS = {"net": {"key_prefix": "N:", "gain": 0.5}}


def reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> Mapping[str, Tensor]:
    answer = network(inputs["I"])
    return {"T": answer, "final": answer.clamp(0, hyper.get("white", 1))}


SPEC = NetworkSpec(
    name="mix",
    summary="mixes channels",
    network=lambda variant: nn.Conv2d(3, 3, 1),
    convert=lambda held, variant: {},
    reference=reference,
    inputs=("I",),
)

Record = Callable[..., Path]


@pytest.fixture
def record(tmp_path: Path, noise: torch.Generator) -> Record:
    """Return a writer of a case: a right one, less what the test breaks."""

    def write(facts: Mapping[str, Any] | None = None, **arrays: np.ndarray | None) -> Path:
        picture = torch.rand(1, 3, 4, 6, generator=noise)
        network = nn.Conv2d(3, 3, 1)
        fill(network, "N:", 0.5)
        with torch.inference_mode():
            answer = network(picture).numpy()
        right = {"I": picture.numpy(), "T": answer, "final": answer.clip(0, 1)}
        np.savez(tmp_path / "case_a.npz", **{k: v for k, v in {**right, **arrays}.items() if v is not None})
        case = {"weights": {"nets": NETS}, **(facts or {})}
        (tmp_path / "case_a.json").write_text(json.dumps(case))
        return tmp_path

    return write


def only(folder: Path, spec: NetworkSpec = SPEC) -> Check:
    (check,) = verify(spec, folder)
    return check


def test_a_right_answer_passes(record: Record) -> None:
    assert not only(record()).failed(1e-6)


@pytest.mark.parametrize("error", [2e-5, 1.0, float("nan"), float("inf")])
def test_an_error_is_found_and_named(record: Record, error: float) -> None:
    folder = record()
    with np.load(folder / "case_a.npz") as held:
        arrays = {name: held[name] for name in held.files}
    arrays["T"][0, 1, 2, 3] += error
    np.savez(folder / "case_a.npz", **arrays)
    check = verify_case(SPEC, folder / "case_a.json")
    assert check.array == "T"
    assert check.failed()
    assert check.error == pytest.approx(error if error < 2 else float("inf"), rel=0.1)


def test_an_answer_that_is_not_finite_never_passes(record: Record) -> None:
    spec = replace(SPEC, reference=lambda n, i, h: {"T": n(i["I"]) * float("nan"), "final": i["I"]})
    check = only(record(), spec)
    assert check.error == float("inf")
    assert check.failed(1e9)


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"I": None}, "the input 'I' is not in it"),
        ({"I": np.zeros((4, 6), "f4")}, "the input 'I' is (4, 6) float32, expected (N, C, H, W) float32"),
        (
            {"I": np.zeros((1, 3, 4, 6))},
            "the input 'I' is (1, 3, 4, 6) float64, expected (N, C, H, W) float32",
        ),
        ({"other": np.zeros(3)}, "the output 'other' is not given"),
        ({"T": np.zeros((1, 3, 6, 4))}, "'T' has the shape (1, 3, 4, 6), expected (1, 3, 6, 4)"),
    ],
)
def test_what_does_not_fit_is_told(record: Record, arrays: dict[str, Any], problem: str) -> None:
    check = only(record(**arrays))
    assert check.problem == problem
    assert check.failed(1e9)


def test_what_the_network_cannot_take_is_told_in_a_line(record: Record) -> None:
    problem = only(record(I=np.zeros((1, 5, 4, 6), "f4"))).problem
    assert problem.startswith("the network cannot take its inputs or hyper values (Given groups=1")
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"weights": {"nets": {"net": {"gain": "big"}}}}, r"weights\.nets\.net\.gain: 'big' is not a number"),
        ({"weights": {"nets": {"net": {"gain": None}}}}, r"weights\.nets\.net\.gain: None is not a number"),
        ({"weights": {"nets": {"net": 3}}}, "says not how its weights are made"),
        ({"hyper": [1]}, r"hyper: expected values by name, found \[1\]"),
    ],
)
def test_facts_that_make_no_sense_are_named(record: Record, facts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EnvironmentFailure, match=rf"case_a\.json: {sentence}"):
        only(record(facts))


def lying(path: Path) -> None:
    """An archive whose array says that it is 4 TiB large."""
    with zipfile.ZipFile(path, "w") as archive, archive.open("I.npy", "w") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 1 << 20)}
        np.lib.format.write_array_header_1_0(file, header)


def single(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.write_text("hello"), "it is not a whole .npz file"),
        (lambda path: path.write_bytes(b""), "it is not a whole .npz file"),
        (single, "it is not a whole .npz file"),
        (lambda path: np.savez(path, I=np.array([{}, 1], object)), "Object arrays cannot be loaded"),
        (lambda path: np.savez(path, I=np.array(["a"])), "it holds <U1, not numbers"),
        (lambda path: np.savez(path, I=np.zeros(3, "complex64")), "it holds complex64, not numbers"),
        (lambda path: (path.unlink(), path.mkdir()), ""),
        (lying, ""),
        (flipped, ""),
    ],
)
def test_archives_that_are_none_are_refused(
    record: Record, spoil: Callable[[Path], object], reason: str
) -> None:
    folder = record()
    spoil(folder / "case_a.npz")
    with pytest.raises(EnvironmentFailure) as error:
        only(folder)
    assert str(error.value).startswith(f"{folder / 'case_a.npz'}: cannot be read as arrays ({reason}")


@pytest.mark.parametrize(
    ("net", "sentence"),
    [
        ("null", "nets.net: expected a list `keys` of [name, shape, type]"),
        ('{"keys": 3}', "nets.net: expected a list `keys` of [name, shape, type]"),
        ('{"keys": [["a"]]}', "nets.net: expected a list `keys` of [name, shape, type]"),
        ('{"shared_parameter_groups": 5}', "nets.net: expected lists in `shared_parameter_groups`"),
    ],
)
def test_lists_of_keys_that_are_none_are_refused(tmp_path: Path, net: str, sentence: str) -> None:
    (tmp_path / "keys.json").write_text(f'{{"nets": {{"net": {net}}}}}')
    with pytest.raises(EnvironmentFailure) as error:
        list(check_keys(SPEC, tmp_path / "keys.json"))
    assert str(error.value) == f"{tmp_path / 'keys.json'}: {sentence}"


def test_the_command_ends_as_the_failure_asks(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    """A case of another method fails the parity; what cannot be read is the environment's; names are arguments'."""
    folder = record()
    assert main(["methods", "verify", "dgunet", "--reference", str(folder)]) == 1
    assert "the input 'input' is not in it" in capsys.readouterr().out
    (folder / "case_a.json").write_text("[" * 100_000)
    assert main(["methods", "verify", "dgunet", "--reference", str(folder)]) == 3
    assert main(["methods", "verify", "dgnet", "--reference", str(folder)]) == 2
    told = capsys.readouterr().err
    assert "case_a.json: cannot be read as JSON" in told
    assert "did you mean 'dgunet'" in told


def test_a_case_of_another_variant_is_told(record: Record) -> None:
    assert only(record({"net": "thick"})).problem == "mix has no variant 'thick'"


def test_hyper_values_reach_the_published_path(record: Record) -> None:
    assert not only(record()).failed()
    assert only(record({"hyper": {"white": 0.01}})).array == "final"


def test_folders_and_files_that_cannot_be_read_are_sentences(record: Record, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(EnvironmentFailure, match=r"there is no case_\*\.json in this folder"):
            list(verify(SPEC, folder))
    folder = record()
    (folder / "case_a.npz").write_bytes((folder / "case_a.npz").read_bytes()[:100])
    with pytest.raises(EnvironmentFailure, match=r"case_a\.npz: cannot be read as arrays"):
        list(verify(SPEC, folder))
    (folder / "case_a.npz").unlink()
    with pytest.raises(EnvironmentFailure, match=r"case_a\.npz: cannot be read as arrays"):
        list(verify(SPEC, folder))
    for text, sentence in [("{", "cannot be read as JSON"), ("[]", "expected a JSON object")]:
        (folder / "case_a.json").write_text(text)
        with pytest.raises(EnvironmentFailure, match=sentence):
            list(verify(SPEC, folder))
    record({"weights": "none"})
    with pytest.raises(EnvironmentFailure, match="says not how its weights are made"):
        list(verify(SPEC, folder))


WEIGHT, BIAS = ["weight", [3, 3, 1, 1], "float32"], ["bias", [3], "float32"]


@pytest.mark.parametrize(
    ("keys", "groups", "problem"),
    [
        ([WEIGHT, BIAS], [], ""),
        ([BIAS, WEIGHT], [], "entry 0 is weight [3, 3, 1, 1] float32, expected bias [3] float32"),
        ([WEIGHT], [], "2 entries, expected 1"),
        ([WEIGHT, ["bias", [4], "float32"]], [], "entry 1 is bias [3] float32, expected bias [4] float32"),
        ([WEIGHT, BIAS], [["bias", "weight"]], "bias shares its parameter with other keys than it should"),
    ],
)
def test_keys_shapes_order_and_sharing_are_compared(
    tmp_path: Path, keys: list[Any], groups: list[Any], problem: str
) -> None:
    spec = replace(SPEC, parts={"net": ""})
    nets = {"net": {"keys": keys, "shared_parameter_groups": groups}, "D": {"keys": []}}
    (tmp_path / "keys.json").write_text(json.dumps({"nets": nets}))
    (check,) = check_keys(spec, tmp_path / "keys.json")
    assert check.problem == problem


def test_filling_is_seeded_by_the_key_and_scaled_by_the_fan_in() -> None:
    assert torch.equal(filled("a.weight", (4, 9)), filled("a.weight", (4, 9)))
    assert not torch.equal(filled("a.weight", (4, 9)), filled("b.weight", (4, 9)))
    assert float(filled("a.weight", (64, 64, 3, 3)).std()) == pytest.approx(1 / 24, rel=0.05)
    assert float(filled("a.weight", (64, 64, 3, 3), 0.6).std()) == pytest.approx(0.6 / 24, rel=0.05)
    assert float(filled("a.weight", (1000,)).mean()) == pytest.approx(1, abs=0.02)
    assert float(filled("a.bias", (1000,)).std()) == pytest.approx(0.05, rel=0.1)
    assert float(filled("a.running_var", (100,)).min()) >= 0.5
    assert filled("a.num_batches_tracked", ()).dtype == torch.int64
    assert filled("scale", ()).shape == ()


def test_the_last_of_the_keys_that_share_a_parameter_decides() -> None:
    slope = nn.PReLU()
    network = nn.Sequential(slope, nn.Conv2d(1, 1, 1), slope)
    fill(network)
    assert torch.equal(slope.weight, filled("2.weight", (1,)))


def test_the_command_prints_errors_and_ends_in_one_past_the_tolerance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["methods", "verify", "dgunet", "--reference", str(CASES)]
    assert main(words) == 0
    assert "e-0" in capsys.readouterr().out
    assert main([*words, "--tolerance", "1e-9"]) == 1
    assert "too large" in capsys.readouterr().out
    assert main([*words, "--dtype", "bfloat16"]) == 0
    assert main(["methods", "verify", "dgunet", "--reference", str(tmp_path)]) == 3
    assert main(["methods", "verify", "unveilnet", "--reference", str(CASES)]) == 2


def test_methods_are_listed_with_and_without_the_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    plain = capsys.readouterr().out
    assert main(["methods", "list"]) == 0
    assert capsys.readouterr().out == plain
    assert "unveilnet" in plain
