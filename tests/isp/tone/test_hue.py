"""A curve of the largest colour: ratios stay."""

import math

import pytest
import torch
from torch import Tensor

from unveil.isp.tone.filmic import filmic
from unveil.isp.tone.hue import keep_ratios


def rolled(x: Tensor) -> Tensor:
    return filmic(x, 4.0)


def test_the_largest_colour_goes_through_the_curve_and_the_others_follow() -> None:
    pixel = torch.tensor([4.0, 2.0, -0.5], dtype=torch.float64).reshape(3, 1, 1)
    assert keep_ratios(pixel, rolled).flatten().tolist() == pytest.approx([1.0, 0.5, -0.125])


def test_grey_is_the_curve_itself(noise: torch.Generator) -> None:
    grey = (8 * torch.rand(1, 8, 8, generator=noise)).expand(3, -1, -1)
    torch.testing.assert_close(keep_ratios(grey, rolled), rolled(grey))


def test_ratios_stay_where_each_colour_alone_would_change_them(noise: torch.Generator) -> None:
    pixels = 3.9 * torch.rand(3, 16, 16, generator=noise, dtype=torch.float64) + 0.01
    kept = keep_ratios(pixels, rolled)
    torch.testing.assert_close(kept / kept.amax(0), pixels / pixels.amax(0))
    each = rolled(pixels)
    assert ((each / each.amax(0)) - pixels / pixels.amax(0)).abs().max() > 0.1
    assert kept.max() <= 1 + 1e-12


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 4, 5), (2, 3, 4, 5)])
def test_shapes_are_kept(shape: tuple[int, ...]) -> None:
    assert keep_ratios(torch.rand(shape), rolled).shape == shape


def test_a_straight_line_only_scales(noise: torch.Generator) -> None:
    pixels = torch.randn(3, 8, 8, generator=noise)
    torch.testing.assert_close(keep_ratios(pixels, lambda x: 0.25 * x), 0.25 * pixels)


def test_black_and_less_than_black_stay_finite() -> None:
    pixels = torch.tensor([[0.0, -1e-9, -2.0], [0.0, -2.0, -1.0], [0.0, 0.0, -3.0]]).reshape(3, 1, 3)
    found = keep_ratios(pixels, rolled)
    assert found.isfinite().all()
    assert torch.equal(found.sign(), pixels.sign())


def test_nan_is_told_and_infinity_stays() -> None:
    pixels = torch.tensor([[math.nan, math.inf], [1.0, 1.0], [1.0, 0.0]]).reshape(3, 1, 2)
    found = keep_ratios(pixels, rolled)
    assert found[:, 0, 0].isnan().all()
    assert found[0, 0, 1] == math.inf
    assert found[1:, 0, 1].isfinite().all()
