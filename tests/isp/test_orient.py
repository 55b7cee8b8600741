"""EXIF orientation: all eight, against the words of the standard and against Pillow."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from unveil.isp.orient import UNDO, apply_orientation

STORED = [[1, 2, 3], [4, 5, 6]]
# Exif 2.32, tag 274, e.g. 6: the stored first row is the right side seen, the first column the top.
SEEN = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


@pytest.mark.parametrize("orientation", SEEN)
def test_the_picture_is_seen_as_the_standard_says(orientation: int) -> None:
    assert apply_orientation(torch.tensor(STORED), orientation).tolist() == SEEN[orientation]


@pytest.mark.parametrize("orientation", SEEN)
def test_pillow_turns_the_same_way(orientation: int) -> None:
    stored = np.random.default_rng(orientation).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    image = Image.fromarray(stored)
    image.getexif()[274] = orientation
    seen = np.asarray(ImageOps.exif_transpose(image))
    ours = apply_orientation(torch.from_numpy(stored).permute(2, 0, 1), orientation)
    assert np.array_equal(ours.permute(1, 2, 0).numpy(), seen)


@pytest.mark.parametrize("shape", [(4, 6), (3, 4, 6), (2, 3, 4, 6)])
def test_leading_dimensions_stay(shape: tuple[int, ...]) -> None:
    assert apply_orientation(torch.zeros(shape), 6).shape == (*shape[:-2], 6, 4)


@pytest.mark.parametrize("orientation", [0, 9, -1])
def test_another_number_is_refused(orientation: int) -> None:
    with pytest.raises(ValueError, match="orientation must be 1 to 8"):
        apply_orientation(torch.zeros(2, 2), orientation)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_undo_takes_the_upright_picture_back(orientation: int) -> None:
    stored = torch.rand(3, 4, 6)
    upright = apply_orientation(stored, orientation)
    assert torch.equal(apply_orientation(upright, UNDO[orientation]), stored)
