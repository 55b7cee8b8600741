"""The synthesis of CEILNet and DURRNet against a slow one, picture by picture, with OpenCV."""

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from unveil.training.synth.subtractive import draw, subtractive

Array = NDArray[np.float64]


def slowly(transmission: Array, reflection: Array, sigma: float) -> tuple[Array, Array]:
    """Do it for one (H, W, 3) picture in float64."""
    kernel = cv2.getGaussianKernel(11, sigma)
    blurred = cv2.sepFilter2D(reflection, -1, kernel, kernel, borderType=cv2.BORDER_CONSTANT)
    mixed = transmission + blurred
    if mixed.max() > 1:
        m = 1.3 * (mixed[mixed > 1].mean() - 1)
        blurred = np.clip(blurred - m, 0, 1)
        mixed = np.clip(blurred + transmission, 0, 1)
    return mixed, blurred


def scenes(brightness: float) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(8)
    first, second = (torch.rand(3, 3, 33, 40, generator=generator) * brightness for _ in range(2))
    return first, second


@pytest.mark.parametrize("brightness", [0.4, 0.8, 1.0])
def test_it_is_what_the_text_says(brightness: float) -> None:
    first, second = scenes(brightness)
    sigma = draw(3, Generator().manual_seed(1), "cpu")
    batch = subtractive(first, second, sigma)
    for i in range(3):
        below, above = (x[i].permute(1, 2, 0).double().numpy() for x in (first, second))
        mixed, reflection = (
            torch.from_numpy(x).permute(2, 0, 1).float() for x in slowly(below, above, float(sigma[i]))
        )
        torch.testing.assert_close(batch.blended[i], mixed, atol=2e-6, rtol=0)
        torch.testing.assert_close(batch.reflection[i], reflection, atol=2e-6, rtol=0)
    assert torch.equal(batch.transmission, first)


def test_dim_mixture_is_a_plain_sum_and_bright_one_is_not() -> None:
    sigma = torch.full((3,), 3.0)
    dim, bright = (subtractive(*scenes(brightness), sigma) for brightness in (0.4, 1.0))
    assert torch.equal(dim.blended, dim.transmission + dim.reflection)
    assert float(bright.blended.max()) == 1
    assert float(bright.reflection.mean()) < 2.5 * float(dim.reflection.mean())


def test_sigma_is_drawn_between_two_and_five_by_the_seed() -> None:
    first, second = (draw(2000, Generator().manual_seed(4), "cpu") for _ in range(2))
    assert torch.equal(first, second)
    assert 2 <= float(first.min()) < 2.02
    assert 4.98 < float(first.max()) <= 5
