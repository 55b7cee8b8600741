"""Blurs spread a point as asked and keep light."""

import math

import pytest
import torch
from torch import Generator, Tensor

from unveil.training.synth.blur import blur, convolve, disc, line

X = torch.arange(65.0) - 32


def point() -> Tensor:
    made = torch.zeros(1, 1, 65, 65)
    made[..., 32, 32] = 1
    return made


@pytest.mark.parametrize("sigma", [0.8, 2.0, 3.0])
def test_blur_of_a_point_has_the_variance_asked_for(sigma: float) -> None:
    spread = blur(point(), torch.tensor([sigma]))[0, 0].sum(0)
    assert float((spread * X * X).sum()) == pytest.approx(sigma**2, rel=0.05)


@pytest.mark.parametrize("sigma", [0.3, 3.0, 20.0])
def test_blur_keeps_a_flat_picture(sigma: float) -> None:
    flat = torch.full((2, 3, 64, 64), 0.4)
    torch.testing.assert_close(blur(flat, torch.full((2,), sigma)), flat)


@pytest.mark.parametrize("radius", [4.0, 9.5])
def test_disc_spreads_like_a_gaussian_of_half_its_radius(radius: float) -> None:
    spread = disc(torch.tensor([radius]), 32)[0].sum(0)
    assert float(spread.sum()) == pytest.approx(1)
    assert float((spread * X * X).sum()) == pytest.approx(radius**2 / 4, rel=0.05)


def test_smallest_disc_and_shortest_motion_are_points() -> None:
    for kernel in (
        disc(torch.zeros(1), 4),
        line(torch.zeros(1), torch.ones(1), 4),
    ):
        assert float(kernel[0, 4, 4]) == 1
        assert float(kernel.sum()) == 1


@pytest.mark.parametrize("angle", [0.0, math.pi / 4, math.pi / 2])
def test_motion_goes_along_its_angle(angle: float) -> None:
    kernel = line(torch.tensor([20.0]), torch.tensor([angle]), 32)[0]
    xx, yy = (kernel.sum(axis) @ (X * X) for axis in (0, 1))
    assert float(xx + yy) == pytest.approx(20**2 / 12, rel=0.15)
    assert float(xx / (xx + yy)) == pytest.approx(math.cos(angle) ** 2, abs=0.02)


def test_convolving_with_a_point_changes_nothing() -> None:
    pictures = torch.rand(2, 3, 30, 41, generator=Generator().manual_seed(0))
    torch.testing.assert_close(convolve(pictures, disc(torch.zeros(2), 5)), pictures, atol=1e-6, rtol=0)


def test_convolution_is_each_pictures_own_and_not_turned_round() -> None:
    kernels = torch.zeros(2, 5, 5)
    kernels[0, 2, 4] = kernels[1, 0, 2] = 1  # two pixels to the right, two up
    made = convolve(point().repeat(2, 1, 1, 1), kernels)
    assert float(made[0, 0, 32, 34]) == pytest.approx(1, abs=1e-5)
    assert float(made[1, 0, 30, 32]) == pytest.approx(1, abs=1e-5)


def test_convolution_keeps_a_flat_picture_to_its_borders() -> None:
    flat = torch.full((1, 3, 32, 32), 7.0)
    torch.testing.assert_close(convolve(flat, disc(torch.tensor([9.0]), 12)), flat, atol=1e-5, rtol=0)
