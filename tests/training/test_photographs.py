"""Photographs become crops of one size."""

from pathlib import Path

import pytest
import torch
from torch import Generator

from unveil.pipeline.errors import RecipeError
from unveil.training.photographs import Photographs, list_photographs, read_display

FOLDER = Path(__file__).parents[1] / "data" / "photographs"


def test_crops_have_the_size_and_range_asked_for() -> None:
    crops = Photographs(list_photographs([FOLDER]), 96).crops(5, Generator().manual_seed(0))
    assert crops.shape == (5, 3, 96, 96)
    assert crops.dtype is torch.float32
    assert 0 <= float(crops.min()) < float(crops.max()) <= 1


def test_same_seed_gives_the_same_crops() -> None:
    photographs = Photographs(list_photographs([FOLDER]), 64)
    first, second = (photographs.crops(3, Generator().manual_seed(9)) for _ in range(2))
    assert torch.equal(first, second)


def test_short_side_is_limited() -> None:
    path = list_photographs([FOLDER])[0]
    assert min(read_display(path, 100).shape[1:]) == 100


def test_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("not a picture")
    with pytest.raises(RecipeError, match=r"a\.jpg: not a picture"):
        read_display(path)
