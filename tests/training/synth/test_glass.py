"""Panes obey Fresnel, Snell and the conservation of energy."""

import math

import pytest
import torch
from torch import Tensor

from unveil.training.synth.glass import cosines, fresnel, glazing, pane, path_difference

INDEX = torch.tensor(1.52)
ANGLES = torch.arange(0.0, 90.0).deg2rad().cos()
CLEAR = torch.ones(1, 3, 1, 1)


def number(value: float) -> Tensor:
    return torch.full((1, 1, 1, 1), value)


def clear(degrees: float, double: float = 0.0) -> tuple[float, float]:
    """Reflected and transmitted light of glass that absorbs nothing."""
    cosine = number(math.cos(math.radians(degrees)))
    made = glazing(cosine, number(1.52), CLEAR, number(double))
    return float(sum(made.copies)[0, 0]), float(made.transmitted[0, 0])  # type: ignore[index]


def test_a_surface_reflects_along_the_normal_what_its_index_says() -> None:
    expected = (0.52 / 2.52) ** 2
    for reflectance in fresnel(torch.tensor(1.0), INDEX):
        assert float(reflectance) == pytest.approx(expected, rel=1e-5)
    assert expected == pytest.approx(0.0426, abs=1e-4)


def test_no_light_polarised_in_the_plane_is_reflected_at_brewsters_angle() -> None:
    s, p = fresnel(torch.atan(INDEX).cos(), INDEX)
    assert float(p) == pytest.approx(0, abs=1e-9)
    assert float(s) == pytest.approx(((1.52**2 - 1) / (1.52**2 + 1)) ** 2, rel=1e-4)


def test_reflection_grows_with_the_angle_to_all_of_the_light() -> None:
    s, p = fresnel(ANGLES, INDEX)
    mean = (s + p) / 2
    assert bool((mean.diff() > -1e-6).all())
    assert float(fresnel(torch.tensor(1e-6), INDEX)[0]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("double", [0.0, 1.0])
@pytest.mark.parametrize("degrees", [0.0, 30.0, 56.66, 80.0])
def test_clear_glass_loses_nothing(degrees: float, double: float) -> None:
    reflected, transmitted = clear(degrees, double)
    assert reflected + transmitted == pytest.approx(1, abs=1e-5)


def test_clear_panes_reflect_eight_and_fifteen_per_cent_along_the_normal() -> None:
    surface = 0.0425800
    assert clear(0)[0] == pytest.approx(2 * surface / (1 + surface), abs=1e-5)
    assert clear(0, 1.0)[0] == pytest.approx(4 * surface / (1 + 3 * surface), abs=1e-5)


def test_absorbing_glass_gives_back_no_more_than_it_gets_and_less_when_oblique() -> None:
    cosine = ANGLES.reshape(1, 1, 1, -1)
    internal = torch.tensor([0.5, 0.7, 0.9]).reshape(1, 3, 1, 1)
    for double in (0.0, 1.0):
        made = glazing(cosine, number(1.52), internal, number(double))
        total = made.transmitted + sum(made.copies)
        assert bool((total < 1).all())
        assert all(bool((part >= 0).all()) for part in (made.transmitted, *made.copies))
        assert bool((made.transmitted[0, 0] < made.transmitted[0, 2]).all())
        assert bool((made.transmitted.diff(dim=-1) < 1e-6).all())


def test_second_surface_of_tinted_glass_is_weaker_by_two_ways_through_it() -> None:
    made = pane(torch.tensor(0.04), torch.tensor(0.5))
    single = 0.96**2 * 0.04 * 0.25
    assert float(made.second) == pytest.approx(single / (1 - 0.25 * 0.04**2), rel=1e-5)


def test_single_panes_have_no_rear_copies() -> None:
    made = glazing(number(0.8), number(1.52), CLEAR, number(0.0))
    assert float(made.copies[2].abs().sum() + made.copies[3].abs().sum()) == 0
    assert float(made.copies[0][0, 0]) > float(made.copies[1][0, 0]) > 0.8 * float(made.copies[0][0, 0])


def test_rays_of_both_surfaces_part_as_the_textbook_says() -> None:
    sine = math.sin(math.radians(45))
    refracted = math.asin(sine / 1.52)
    expected = 2 * 6 * math.tan(refracted) * math.cos(math.radians(45))
    found = path_difference(torch.tensor(sine), INDEX, torch.tensor(6.0))
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert float(path_difference(torch.tensor(1.0), INDEX, torch.tensor(6.0))) == 0


def test_a_pane_that_faces_the_camera_is_met_straight_in_the_middle_only() -> None:
    made = cosines(65, 97, number(math.radians(60)), number(0.0), number(0.3))
    assert made.shape == (1, 1, 65, 97)
    assert float(made[0, 0, 32, 48]) == pytest.approx(1)
    assert float(made[0, 0, 32, 0]) == pytest.approx(math.cos(math.radians(30)), abs=0.01)
    torch.testing.assert_close(made, made.flip(2, 3))


def test_a_turned_pane_is_met_straight_where_its_normal_points() -> None:
    tilt = math.radians(20)
    made = cosines(101, 101, number(math.radians(60)), number(tilt), number(0.0))
    place = int(made[0, 0, 50].argmax())
    assert place == pytest.approx(50 + 50.5 * math.tan(tilt) / math.tan(math.radians(30)), abs=1)


def test_not_a_number_stays_one() -> None:
    assert all(bool(x.isnan().all()) for x in fresnel(torch.tensor([math.nan]), INDEX))
