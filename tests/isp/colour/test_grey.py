"""The colour of grey from a picture."""

import pytest
import torch

from unveil.isp.colour.grey import grey_of_picture, grey_of_place, unclipped

ONE = (1.0, 1.0, 1.0)


def test_the_mean_of_a_place_leaves_clipped_pixels_out() -> None:
    pixels = torch.tensor([[0.2, 0.4, 0.9], [0.4, 0.8, 1.0], [0.1, 0.2, 0.9]])[:, None]
    assert grey_of_place(pixels, ONE) == pytest.approx((0.3, 0.6, 0.15))
    assert unclipped(pixels, ONE).shape == (2, 3)


def test_a_colour_clips_at_its_own_level() -> None:
    pixels = torch.full((3, 1, 1), 0.6)
    assert grey_of_place(pixels, (1.0, 0.6, 1.0)) is None
    assert grey_of_place(pixels, (1.0, 0.7, 1.0)) == pytest.approx((0.6, 0.6, 0.6))


def test_a_black_place_has_no_grey() -> None:
    assert grey_of_place(torch.zeros(3, 2, 2), ONE) is None


def test_a_grey_picture_has_its_own_colour(noise: torch.Generator) -> None:
    light = torch.tensor([0.4, 0.9, 0.5])[:, None, None]
    pixels = light * torch.rand(1, 20, 30, generator=noise)
    red, green, blue = grey_of_picture(pixels, ONE) or ONE
    assert (red / green, blue / green) == pytest.approx((0.4 / 0.9, 0.5 / 0.9))


def test_known_minkowski_mean() -> None:
    pixels = torch.tensor([[0.1, 0.2], [0.3, 0.3], [0.2, 0.4]])[:, None]
    expected = [((a**6 + b**6) / 2) ** (1 / 6) for a, b in ((0.1, 0.2), (0.3, 0.3), (0.2, 0.4))]
    assert grey_of_picture(pixels, ONE) == pytest.approx(expected)


def test_a_gain_on_a_colour_goes_through(noise: torch.Generator) -> None:
    pixels = 0.3 * torch.rand(3, 16, 16, generator=noise)
    gains = torch.tensor([2.0, 0.5, 1.0])
    one = torch.tensor(grey_of_picture(pixels, (9.0, 9.0, 9.0)))
    two = torch.tensor(grey_of_picture(pixels * gains[:, None, None], (9.0, 9.0, 9.0)))
    torch.testing.assert_close(two, one * gains)


def test_values_that_are_no_numbers_are_left_out() -> None:
    pixels = torch.full((3, 1, 4), 0.5)
    pixels[0, 0, 0], pixels[1, 0, 1] = torch.nan, torch.inf
    assert grey_of_place(pixels, ONE) == pytest.approx((0.5, 0.5, 0.5))
    assert grey_of_picture(torch.full((3, 2, 2), torch.nan), ONE) is None


def test_a_dark_picture_says_nothing() -> None:
    assert grey_of_picture(torch.full((3, 4, 4), 1e-4), ONE) is None
