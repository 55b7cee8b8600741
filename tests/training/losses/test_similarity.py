"""The mixture of structure and absolute error, against values by hand and against a slow form."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from unveil.isp.metrics import ssim
from unveil.training.losses.similarity import similarity, window_mean

Array = NDArray[np.float64]


def picture(seed: int, size: int = 12) -> Tensor:
    return torch.rand(1, 1, size, size, generator=Generator().manual_seed(seed))


def mean_at(x: Array, row: int, column: int, sigma: float) -> float:
    """Average about one pixel, window by window and pixel by pixel."""
    reach = math.ceil(3 * sigma)
    total = weights = 0.0
    for r in range(max(0, row - reach), min(x.shape[0], row + reach + 1)):
        for c in range(max(0, column - reach), min(x.shape[1], column + reach + 1)):
            weight = math.exp(-((r - row) ** 2 + (c - column) ** 2) / (2 * sigma**2))
            total, weights = total + weight * x[r, c], weights + weight
    return total / weights


def slowly(x: Array, y: Array) -> float:
    total = 0.0
    for r in range(x.shape[0]):
        for c in range(x.shape[1]):
            score = 1.0
            for sigma in (0.5, 1, 2, 4, 8):
                mx, my = mean_at(x, r, c, sigma), mean_at(y, r, c, sigma)
                vx, vy = mean_at(x * x, r, c, sigma) - mx**2, mean_at(y * y, r, c, sigma) - my**2
                covariance = mean_at(x * y, r, c, sigma) - mx * my
                score *= (2 * covariance + 9e-4) / (vx + vy + 9e-4)
            score *= (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
            total += 0.84 * (1 - score) + 0.16 * mean_at(np.abs(x - y), r, c, 8)
    return total / x.size


def test_it_is_what_the_paper_says() -> None:
    first = picture(0)
    second = (first + 0.1 * picture(1)).clamp(0, 1)
    expected = slowly(first[0, 0].double().numpy(), second[0, 0].double().numpy())
    assert expected > 0.02
    assert float(similarity(first.double(), second.double())) == pytest.approx(expected, rel=1e-9)
    assert float(similarity(first, second)) == pytest.approx(expected, rel=1e-3)


def test_flat_pictures_by_hand() -> None:
    first, second = torch.full((2, 3, 40, 50), 0.5), torch.full((2, 3, 40, 50), 0.7)
    luminance = (2 * 0.5 * 0.7 + 1e-4) / (0.5**2 + 0.7**2 + 1e-4)
    expected = 0.84 * (1 - luminance) + 0.16 * 0.2
    assert float(similarity(first, second)) == pytest.approx(expected, rel=1e-3)
    assert float(similarity(first, second, alpha=0)) == pytest.approx(0.2, rel=1e-5)


def test_equal_pictures_cost_nothing() -> None:
    assert float(similarity(picture(0, 40), picture(0, 40))) == pytest.approx(0, abs=1e-6)


def test_window_agrees_with_the_kernel_of_ssim_inside() -> None:
    x = picture(0, 31).double()
    kernel = torch.exp(-0.5 * (torch.arange(-5, 6).double() / 1.5) ** 2)
    kernel = torch.outer(kernel, kernel) / kernel.sum() ** 2
    expected = torch.nn.functional.conv2d(x, kernel[None, None])
    torch.testing.assert_close(window_mean(x, 1.5)[..., 5:-5, 5:-5], expected, atol=1e-12, rtol=0)


def test_less_like_by_ssim_costs_more() -> None:
    truth = picture(0, 48).expand(1, 3, 48, 48)
    noises = [truth + deviation * (picture(1, 48) - 0.5) for deviation in (0.05, 0.2, 0.6)]
    by_ssim = [ssim(made[0], truth[0]) for made in noises]
    costs = [float(similarity(made, truth)) for made in noises]
    assert by_ssim == sorted(by_ssim, reverse=True)
    assert costs == sorted(costs)


def test_descending_its_gradient_leads_to_the_truth() -> None:
    truth = picture(0, 16)
    made = torch.full_like(truth, 0.5, requires_grad=True)
    optimiser = torch.optim.Adam([made], 0.02)
    for _ in range(150):
        optimiser.zero_grad()
        similarity(made, truth).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert float((made.detach() - truth).abs().mean()) < 0.02
