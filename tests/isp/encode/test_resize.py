"""Shrinking averages light."""

import pytest
import torch

from unveil.isp.encode.resize import fitted_size, shrink
from unveil.isp.tone.curves import encode_curve


@pytest.mark.parametrize(
    ("size", "fitted"),
    [((300, 400), (150, 200)), ((400, 300), (200, 150)), ((100, 200), (100, 200)), ((10, 4000), (1, 200))],
)
def test_the_long_side_is_limited_and_proportions_stay(
    size: tuple[int, int], fitted: tuple[int, int]
) -> None:
    assert fitted_size(*size, 200) == fitted


def test_a_small_picture_is_left_as_it_is() -> None:
    pixels = torch.rand(3, 30, 40)
    assert shrink(pixels, 40, "srgb") is pixels


def test_a_fine_pattern_keeps_its_light() -> None:
    checks = (torch.arange(64)[:, None] + torch.arange(64)) % 2
    small = shrink(checks.float().expand(3, -1, -1), 32, "srgb")
    half = encode_curve(torch.full((3, 32, 32), 0.5), "srgb")
    torch.testing.assert_close(small, half, atol=1e-5, rtol=0)


@pytest.mark.parametrize("long_side", [33, 50, 97])
def test_the_mean_light_is_kept_at_any_ratio(long_side: int, noise: torch.Generator) -> None:
    pixels = torch.rand(3, 100, 100, generator=noise)
    small = shrink(pixels, long_side, "linear")
    assert small.shape == (3, long_side, long_side)
    torch.testing.assert_close(small.mean(dim=(1, 2)), pixels.mean(dim=(1, 2)), atol=1e-4, rtol=0)


def test_values_outside_the_range_are_kept() -> None:
    pixels = torch.cat([torch.full((1, 8, 8), value) for value in (-0.5, 0.5, 3.0)])
    torch.testing.assert_close(shrink(pixels, 4, "srgb"), pixels[:, :4, :4], atol=1e-5, rtol=0)
