"""Pairs are found by their stems and cut at the same place."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Generator

from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.errors import RecipeError
from unveil.training.paired import PairedPictures
from unveil.training.pairs import list_pairs


def write(folder: Path, part: str, picture: np.ndarray, name: str = "a") -> None:
    (folder / part).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / part / f"{name}.png"), picture)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    transmission = rng.integers(0, 120, (80, 100, 3), np.uint8)
    write(tmp_path, "transmission", transmission)
    write(tmp_path, "blended", transmission + 60)
    return tmp_path


def test_reflection_belongs_to_a_pair_where_there_is_one(folder: Path) -> None:
    assert list_pairs(folder)[0].reflection is None
    write(folder, "reflection", np.zeros((80, 100, 3), np.uint8))
    assert list_pairs(folder)[0].reflection == folder / "reflection" / "a.png"


def test_crops_of_a_pair_are_of_one_place(folder: Path) -> None:
    crops = PairedPictures(list_pairs(folder), 48).crops(5, Generator().manual_seed(2))
    assert crops.blended.shape == crops.reflection.shape == (5, 3, 48, 48)
    torch.testing.assert_close(crops.reflection, crops.blended - crops.transmission)
    assert float(crops.reflection.min()) > 0
    correlation = torch.corrcoef(torch.stack([crops.blended.flatten(), crops.transmission.flatten()]))
    assert float(correlation[0, 1]) > 0.9


def test_reflection_of_a_file_is_taken_as_it_is(folder: Path) -> None:
    write(folder, "reflection", np.full((80, 100, 3), 51, np.uint8))
    crops = PairedPictures(list_pairs(folder), 48).crops(2, Generator().manual_seed(2))
    expected = decode_curve(torch.tensor(0.2), "srgb").expand_as(crops.reflection)
    torch.testing.assert_close(crops.reflection, expected, atol=1e-4, rtol=0)


def test_pictures_of_a_pair_that_differ_in_size_are_named(folder: Path) -> None:
    write(folder, "transmission", np.zeros((80, 90, 3), np.uint8))
    with pytest.raises(RecipeError, match=r"transmission/a\.png: is 90 x 80 .* must have one size"):
        PairedPictures(list_pairs(folder), 48)


def test_picture_without_its_truth_is_named(folder: Path) -> None:
    write(folder, "blended", np.zeros((8, 8, 3), np.uint8), "b")
    with pytest.raises(RecipeError, match=r"b\.png: no picture of this stem"):
        list_pairs(folder)
