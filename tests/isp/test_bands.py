"""Bands give what one call gives."""

import pytest
import torch

from unveil.isp.bands import BAND, by_bands
from unveil.isp.tone.curves import encode_curve


@pytest.mark.parametrize("size", [(1, 1), (700, 900), (3, BAND + 1), (BAND // 100, 101)])
def test_the_whole_is_the_sum_of_its_bands(size: tuple[int, int], noise: torch.Generator) -> None:
    pixels = torch.rand(3, *size, generator=noise)
    expected = encode_curve(pixels, "srgb")
    torch.testing.assert_close(by_bands(lambda band: encode_curve(band, "srgb"), pixels), expected)


def test_no_band_is_larger_than_it_may_be() -> None:
    seen: list[int] = []

    def count(band: torch.Tensor) -> torch.Tensor:
        seen.append(band.shape[1] * band.shape[2])
        return band

    by_bands(count, torch.zeros(1, 1000, 1000))
    assert sum(seen) == 1_000_000
    assert max(seen) <= BAND


def test_views_are_taken_and_left_as_they_are() -> None:
    plane = torch.rand(1, 5, 4)
    pixels = plane.expand(3, -1, -1).transpose(1, 2)
    result = by_bands(lambda band: 2 * band, pixels)
    assert torch.equal(result, 2 * pixels)
    assert result.is_contiguous()
    assert plane.max() <= 1
