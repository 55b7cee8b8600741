"""Simulated JPEG files are those of a real encoder, or nearly."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from unveil.training.synth.jpeg import compress

PICTURE = Path(__file__).parents[2] / "data" / "photographs"


@pytest.fixture(scope="module")
def levels() -> np.ndarray:
    picture = cv2.imread(str(sorted(PICTURE.glob("*.jpg"))[0]))
    assert picture is not None
    return np.array(picture[:200, :233], np.uint8)


def tensor(levels: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(levels[:, :, ::-1].transpose(2, 0, 1)))[None].float() / 255


@pytest.mark.parametrize("quality", [30, 60, 90])
@pytest.mark.parametrize("subsampled", [False, True])
def test_artefacts_are_those_of_libjpeg(levels: np.ndarray, quality: int, subsampled: bool) -> None:
    factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    file = cv2.imdecode(cv2.imencode(".jpg", levels, options)[1], cv2.IMREAD_COLOR)
    assert file is not None
    made = compress(tensor(levels), torch.tensor([float(quality)]), torch.tensor([float(subsampled)]))
    loss = float((tensor(file) - tensor(levels)).abs().mean())
    assert float((made - tensor(file)).abs().mean()) < 0.25 * loss + 0.4 / 255


def test_each_picture_has_its_own_quality(levels: np.ndarray) -> None:
    both = compress(tensor(levels).repeat(2, 1, 1, 1), torch.tensor([95.0, 20.0]), torch.zeros(2))
    fine, coarse = (float((x - tensor(levels)[0]).abs().mean()) for x in both)
    assert coarse > 3 * fine


def test_best_quality_costs_no_more_than_rounding(levels: np.ndarray) -> None:
    made = compress(tensor(levels), torch.tensor([100.0]), torch.zeros(1))
    assert float((made - tensor(levels)).abs().max()) <= 4 / 255


def test_flat_grey_is_kept_and_what_is_out_of_range_clipped() -> None:
    flat = torch.full((1, 3, 20, 30), 100 / 255)
    assert float((compress(flat, torch.tensor([50.0]), torch.ones(1)) - flat).abs().max()) <= 2 / 255
    assert float(compress(flat * 100, torch.tensor([90.0]), torch.ones(1)).min()) == 1
