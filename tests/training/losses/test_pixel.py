"""Differences of pixels, against values by hand and against OpenCV."""

import math

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from unveil.training.losses.pixel import charbonnier, laplacian_edge, log_error


def picture(seed: int, height: int = 21, width: int = 26) -> Tensor:
    return torch.rand(1, 3, height, width, generator=Generator().manual_seed(seed))


def residual(channel: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel = np.array([0.05, 0.25, 0.4, 0.25, 0.05])

    def smooth(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.sepFilter2D(x, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE))

    kept = np.zeros_like(channel)
    kept[::2, ::2] = smooth(channel)[::2, ::2] * 4
    return np.asarray(channel - smooth(kept))


def test_charbonnier_of_known_differences() -> None:
    truth = torch.zeros(4)
    made = torch.tensor([0.0, 1e-3, 0.5, -0.5])
    expected = (1e-3 + 2**0.5 * 1e-3 + 2 * (0.25 + 1e-6) ** 0.5) / 4
    assert float(charbonnier(made, truth)) == pytest.approx(expected, rel=1e-6)


def test_charbonnier_has_a_gradient_at_the_truth() -> None:
    made = torch.zeros(3, requires_grad=True)
    (gradient,) = torch.autograd.grad(charbonnier(made, torch.zeros(3)), made)
    assert torch.equal(gradient, torch.zeros(3))


@pytest.mark.parametrize("size", [(20, 26), (21, 27)])
def test_edge_is_charbonnier_of_the_two_residuals(size: tuple[int, int]) -> None:
    made, truth = picture(0, *size), picture(1, *size)
    pairs = [
        [residual(x[0, c].double().numpy()) for c in range(3)] for x in (made, truth)
    ]  # one list of channels each
    expected = np.sqrt((np.stack(pairs[0]) - np.stack(pairs[1])) ** 2 + 1e-6).mean()
    assert float(laplacian_edge(made, truth)) == pytest.approx(expected, rel=1e-5)


def test_blur_costs_more_than_a_smooth_ramp_of_the_same_error() -> None:
    truth = picture(0, 32, 32)
    blurred = torch.nn.functional.avg_pool2d(truth, 3, 1, 1, count_include_pad=False)
    size = (blurred - truth).abs().mean()
    ramp = truth + 2 * size * torch.linspace(0, 1, 32)
    assert float(laplacian_edge(blurred, truth)) > 5 * float(laplacian_edge(ramp, truth))


def test_ten_decibels_are_the_logarithm_of_ten() -> None:
    truth = torch.full((2, 3, 8, 8), 0.5)
    near, far = truth + 0.05, truth + 0.05 * math.sqrt(10)
    assert float(log_error(far, truth) - log_error(near, truth)) == pytest.approx(math.log(10), abs=0.05)


def test_logarithm_is_taken_of_each_picture() -> None:
    truth = torch.zeros(2, 3, 8, 8)
    picture = torch.stack([torch.full((3, 8, 8), 0.1), torch.full((3, 8, 8), 0.4)])
    alone = [log_error(picture[i : i + 1], truth[:1]) for i in range(2)]
    assert float(log_error(picture, truth)) == pytest.approx(float(sum(alone)) / 2)


def test_error_of_nothing_is_40_decibels() -> None:
    picture = torch.rand(1, 3, 8, 8)
    assert float(log_error(picture, picture)) == pytest.approx(math.log(1e-4))
