"""Evaluation: figures that can be told in advance, and folders that are not pairs."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from unveil.pipeline.errors import FrameError, RecipeError
from unveil.pipeline.frame import Frame
from unveil.training.evaluate import EvaluationReport, evaluate_pairs
from unveil.training.pairs import list_pairs


def write(path: Path, value: int, size: tuple[int, int] = (24, 32)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))


def same(frame: Frame) -> Frame:
    return frame


def measure(folder: Path, leave_out: tuple[str, ...] = ()) -> EvaluationReport:
    return evaluate_pairs("none", same, folder, list_pairs(folder, leave_out), lambda row: None)


def test_stage_that_does_nothing_scores_as_the_input(tmp_path: Path) -> None:
    write(tmp_path / "blended/a.png", 153)
    write(tmp_path / "transmission/a.png", 128)
    report = measure(tmp_path)
    data = json.loads(json.dumps(report.to_json()))
    expected = -20 * np.log10(25 / 255)
    assert data["mean"]["psnr"] == pytest.approx(expected, abs=1e-4)
    assert data["mean"]["input_psnr"] == data["mean"]["psnr"]
    assert data["mean"]["input_ssim"] == data["mean"]["ssim"]
    assert data["mean"]["psnr_exposed"] > expected + 10
    assert [row["name"] for row in data["rows"]] == ["a"]


def test_pair_of_two_sizes_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "blended/a.png", 100)
    write(tmp_path / "transmission/a.png", 100, (24, 30))
    with pytest.raises(FrameError, match=r"is 32 x 24, but .* is 30 x 24"):
        measure(tmp_path)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "has no folder blended/"),
        (["blended/a.png"], "has no folder transmission/"),
        (["blended/a.png", "transmission/b.png"], "no picture of this stem"),
        (["blended/a.txt", "transmission/b.png"], "no pictures there"),
    ],
)
def test_folder_that_is_not_of_pairs_is_refused(tmp_path: Path, files: list[str], sentence: str) -> None:
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".png":
            write(path, 100)
        else:
            path.write_text("x")
    with pytest.raises(RecipeError, match=sentence):
        measure(tmp_path)


def test_pairs_can_be_left_out_by_name(tmp_path: Path) -> None:
    for name, value in (("a", 153), ("b", 200)):
        write(tmp_path / f"blended/{name}.png", value)
        write(tmp_path / f"transmission/{name}.png", 128)
    assert [row.name for row in measure(tmp_path, ("a",)).rows] == ["b"]
    with pytest.raises(RecipeError, match="has no pair 'c' to leave out"):
        measure(tmp_path, ("c",))
    with pytest.raises(RecipeError, match="all of its pairs are left out"):
        measure(tmp_path, ("a", "b"))
