"""Where a sensor saturates in truth."""

import pytest
import torch

from unveil.isp.decode.saturation import observed_saturation

RGGB = ((0, 1), (1, 2))


def scene(noise: torch.Generator, level: float, share: float = 0.02) -> torch.Tensor:
    """A dark mosaic in which some rows are blown at a level, with a little noise."""
    mosaic = torch.rand(1, 200, 200, generator=noise) * 0.5
    rows = max(2, int(200 * share))
    mosaic[:, :rows] = level + 0.002 * torch.randn(1, rows, 200, generator=noise)
    return mosaic


def test_a_pile_of_all_three_colours_below_white_is_found(noise: torch.Generator) -> None:
    assert observed_saturation(scene(noise, 0.93), RGGB) == pytest.approx(0.93, abs=0.005)


def test_a_sensor_that_reaches_white_needs_no_correction(noise: torch.Generator) -> None:
    assert observed_saturation(scene(noise, 1.0), RGGB) == 1.0


def test_dark_pictures_have_no_saturation(noise: torch.Generator) -> None:
    assert observed_saturation(torch.rand(1, 64, 64, generator=noise) * 0.7, RGGB) == 1.0


def test_a_smooth_bright_scene_has_no_saturation(noise: torch.Generator) -> None:
    assert observed_saturation(torch.rand(1, 200, 200, generator=noise) * 0.95, RGGB) == 1.0


def test_a_bright_surface_of_one_colour_is_not_taken_for_saturation(noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 200, 200, generator=noise) * 0.5
    mosaic[:, :20:2, 1::2] = 0.9
    mosaic[:, 1:20:2, ::2] = 0.9
    assert observed_saturation(mosaic, RGGB) == 1.0


def test_one_hot_pixel_is_not_taken_for_saturation() -> None:
    mosaic = torch.zeros(1, 200, 200)
    mosaic[:, 50:52, 50:52] = 0.9
    assert observed_saturation(mosaic, RGGB) == 1.0


def test_three_planes_are_looked_at_one_by_one(noise: torch.Generator) -> None:
    planes = torch.cat([scene(noise, 0.9) for _ in range(3)])
    assert observed_saturation(planes, None) == pytest.approx(0.9, abs=0.008)


def test_monochrome_has_none(noise: torch.Generator) -> None:
    assert observed_saturation(scene(noise, 0.93), ((1,),)) == 1.0
