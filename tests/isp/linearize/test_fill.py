"""Holes are filled from their surroundings, and nothing else changes."""

import math

import pytest
import torch

from unveil.isp.linearize.fill import fill_holes


def test_what_has_weight_stays_and_holes_take_the_colour_around() -> None:
    pixels = torch.tensor([0.2, 0.5, 0.9])[:, None, None].repeat(1, 9, 13)
    weights = torch.ones(1, 9, 13)
    weights[:, 2:7, 3:11] = 0
    assert torch.allclose(fill_holes(pixels, weights), pixels)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (2, 2), (17, 31)])
def test_any_size_is_filled_from_one_pixel(size: tuple[int, int]) -> None:
    pixels, weights = torch.zeros(2, *size), torch.zeros(1, *size)
    pixels[:, -1, -1], weights[:, -1, -1] = 3.0, 0.5
    assert torch.allclose(fill_holes(pixels, weights), torch.full((2, *size), 3.0))


def test_heavier_pixels_count_more() -> None:
    pixels, weights = torch.tensor([[[1.0, 0.0], [0.0, 4.0]]]), torch.tensor([[[3.0, 0.0], [0.0, 1.0]]])
    assert fill_holes(pixels, weights)[0, 0, 1] == pytest.approx((3 * 1 + 1 * 4) / 4)


def test_filling_scales_with_the_picture(noise: torch.Generator) -> None:
    pixels, weights = (
        torch.rand(3, 20, 24, generator=noise),
        (torch.rand(1, 20, 24, generator=noise) > 0.6).float(),
    )
    assert torch.allclose(fill_holes(pixels * 8, weights), fill_holes(pixels, weights) * 8)


def test_nothing_known_gives_zero_and_holes_may_hold_anything() -> None:
    pixels = torch.full((1, 4, 4), math.nan)
    assert torch.equal(fill_holes(pixels, torch.zeros(1, 4, 4)), torch.zeros(1, 4, 4))
