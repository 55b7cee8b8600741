"""Weights of one network are averaged; others are refused."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from unveil.training.average import averaged
from unveil.training.soup import main


def write(path: Path, **tensors: torch.Tensor) -> str:
    save_file(tensors, path)
    return str(path)


def test_mean_of_halves_is_taken_in_float32_and_counters_stay(tmp_path: Path) -> None:
    first = write(tmp_path / "a.safetensors", w=torch.tensor([60000.0, 1.0]).half(), n=torch.tensor(3))
    second = write(tmp_path / "b.safetensors", w=torch.tensor([60000.0, 2.0]).half(), n=torch.tensor(9))
    assert main([first, second, "-o", str(tmp_path / "mean.safetensors")]) == 0
    mean = load_file(tmp_path / "mean.safetensors")
    assert mean["w"].dtype == torch.float16
    assert mean["w"].tolist() == [60000.0, 1.5]
    assert int(mean["n"]) == 3


def test_weights_of_another_network_are_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = write(tmp_path / "a.safetensors", w=torch.zeros(2))
    second = write(tmp_path / "b.safetensors", w=torch.zeros(3))
    assert main([first, second, "-o", str(tmp_path / "mean.safetensors")]) == 2
    assert "different networks" in capsys.readouterr().err
    assert not (tmp_path / "mean.safetensors").exists()


def test_what_is_no_weight_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"no")
    assert main([str(tmp_path / "a.safetensors"), "-o", str(tmp_path / "mean.safetensors")]) == 2
    assert f"{tmp_path / 'a.safetensors'}: cannot be read as safetensors" in capsys.readouterr().err


def test_weights_may_be_read_by_whoever_may_read_other_new_files(tmp_path: Path) -> None:
    source = write(tmp_path / "a.safetensors", w=torch.zeros(2))
    assert main([source, "-o", str(tmp_path / "mean.safetensors")]) == 0
    (tmp_path / "other").touch()
    modes = {name: (tmp_path / name).stat().st_mode for name in ("mean.safetensors", "other")}
    assert modes["mean.safetensors"] == modes["other"]


def test_checkpoint_counts_as_the_weights_written_with_it(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 1)
    average = averaged(network, 0.5)
    average.update_parameters(network)
    torch.save({"average": average.state_dict()}, tmp_path / "checkpoint_000400.pt")
    assert main([str(tmp_path / "checkpoint_000400.pt"), "-o", str(tmp_path / "mean.safetensors")]) == 0
    mean = load_file(tmp_path / "mean.safetensors")
    assert mean["weight"].equal(network.weight.half())
    assert set(mean) == {"weight", "bias"}


def test_what_is_no_checkpoint_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"weights": 1}, tmp_path / "a.pt")
    assert main([str(tmp_path / "a.pt"), "-o", str(tmp_path / "mean.safetensors")]) == 2
    assert f"{tmp_path / 'a.pt'}: is not a whole checkpoint of a training" in capsys.readouterr().err
