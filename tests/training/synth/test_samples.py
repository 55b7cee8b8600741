"""`unveil synth` writes what a training sees, the same for the same seed."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from unveil.cli import main
from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.hashing import sha256
from unveil.training.pairs import list_pairs
from unveil.training.synth import samples
from unveil.training.synth.samples import PHOTOMETRIC

PHOTOGRAPHS = Path(__file__).parents[2] / "data" / "photographs"


def configuration(folder: Path, more: str) -> Path:
    path = folder / "config.yaml"
    head = f"unveil_training: 1\nphotographs: ['{PHOTOGRAPHS}']\nhold_out: 3\nsize: 64\nbatch: 4\n"
    path.write_text(head + more)
    return path


def synth(config: Path, output: Path, seed: int) -> int:
    options = ["-n", "5", "--seed", str(seed), "-o", str(output), "--device", "cpu"]
    return main(["synth", str(config), *options])


@pytest.fixture
def photometric(tmp_path: Path) -> Path:
    ranges = "fresnel: 0.5, camera: 0.5, mosaic: 0.5, jpeg: 0.5, haze: 0.3, disc: 0.3, motion: 0.3, noiseless: true"
    return configuration(tmp_path, f"ranges: {{{ranges}}}\n")


def test_samples_are_sixteen_bit_pairs_with_a_sheet(photometric: Path, tmp_path: Path) -> None:
    assert synth(photometric, tmp_path / "out", 1) == 0
    pairs = list_pairs(tmp_path / "out")
    assert [pair.name for pair in pairs] == ["0001", "0002", "0003", "0004", "0005"]
    assert pairs[0].reflection is not None
    picture = cv2.imread(str(pairs[0].blended), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert (picture.dtype, picture.shape) == (np.uint16, (64, 64, 3))
    sheet = cv2.imread(str(tmp_path / "out" / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (2 * 196, 9 * 196, 3)


def test_sheet_has_the_first_samples_only(
    photometric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "SHOWN", 3)
    assert synth(photometric, tmp_path / "out", 1) == 0
    assert len(list_pairs(tmp_path / "out")) == 5
    sheet = cv2.imread(str(tmp_path / "out" / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (196, 9 * 196, 3)


def test_same_seed_writes_the_same_files(photometric: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert synth(photometric, tmp_path / name, seed) == 0
    first, again, other = (
        {path.relative_to(tmp_path / name): sha256(path) for path in (tmp_path / name).rglob("*.png")}
        for name in ("a", "b", "c")
    )
    assert first == again
    assert all(first[path] != other[path] for path in first if path.parent.name == "blended")


def test_layers_add_up_in_the_files(tmp_path: Path) -> None:
    assert synth(configuration(tmp_path, "ranges: {rendering: 0}\n"), tmp_path / "out", 3) == 0
    for pair in list_pairs(tmp_path / "out"):
        paths = (pair.blended, pair.transmission, pair.reflection)
        blended, transmission, reflection = (
            decode_curve(_tensor(path), "srgb") for path in paths if path is not None
        )
        inside = (reflection > 0) & (blended < 1)
        error = (blended - transmission - reflection)[inside]
        assert float(error.abs().max()) < 1e-4


def test_published_recipes_are_shown_too(tmp_path: Path) -> None:
    assert synth(configuration(tmp_path, "method: ibcln\n"), tmp_path / "out", 1) == 0
    assert len(list_pairs(tmp_path / "out")) == 5


def test_usual_configuration_says_what_it_misses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert PHOTOMETRIC.is_file()
    assert main(["synth", "--data", str(tmp_path), "-o", str(tmp_path / "out"), "--device", "cpu"]) == 2
    assert f"{tmp_path / 'photos' / 'kodak24'}: no photographs there" in capsys.readouterr().err


def _tensor(path: Path) -> Tensor:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return torch.from_numpy(picture.astype(np.float32) / 65535)
