"""A curve through points: it goes through them, never overshoots, and goes on in straight lines."""

import math

import pytest
import torch

from unveil.isp.tone.points import monotone_cubic, monotone_slopes

S_SHAPE = [(0.0, 0.0), (0.25, 0.15), (0.75, 0.9), (1.0, 1.0)]
STEP = [(0.0, 0.0), (0.49, 0.01), (0.51, 0.99), (1.0, 1.0)]
LEVEL = [(0.1, 0.2), (0.5, 0.2), (0.6, 0.8), (0.9, 0.8)]
# RPN 14 of Fritsch and Carlson 1980, table 1: the data that cubic splines overshoot.
RPN_14 = [
    (7.99, 0.0),
    (8.09, 2.76429e-5),
    (8.19, 4.37498e-2),
    (8.7, 0.169183),
    (9.2, 0.469428),
    (10.0, 0.943740),
    (12.0, 0.998636),
    (15.0, 0.999919),
    (20.0, 0.999994),
]
ALL = [S_SHAPE, STEP, LEVEL, RPN_14]


@pytest.mark.parametrize("points", ALL)
def test_the_curve_goes_through_every_point(points: list[tuple[float, float]]) -> None:
    x, y = torch.tensor(points, dtype=torch.float64).unbind(1)
    torch.testing.assert_close(monotone_cubic(x, points), y, atol=1e-12, rtol=0)


@pytest.mark.parametrize("points", ALL)
def test_rising_points_give_a_curve_that_never_falls(points: list[tuple[float, float]]) -> None:
    x = torch.linspace(points[0][0] - 1, points[-1][0] + 1, 20001, dtype=torch.float64)
    assert (monotone_cubic(x, points).diff() >= -1e-12).all()


def test_points_on_a_line_give_the_line() -> None:
    points = [(0.0, 0.1), (0.2, 0.26), (0.7, 0.66), (1.0, 0.9)]
    x = torch.linspace(-3, 3, 601, dtype=torch.float64)
    torch.testing.assert_close(monotone_cubic(x, points), 0.1 + 0.8 * x)


def test_slopes_are_those_worked_out_by_hand() -> None:
    # Secants 0.6, 1.5, 0.4; means 1.05, 0.95; 1.05/0.6 = 1.75 and 0.95/0.4 = 2.375 are within the circle of radius 3.
    assert monotone_slopes(S_SHAPE) == pytest.approx([0.6, 1.05, 0.95, 0.4])
    # Secants 0.5 and 5: the mean 2.75 is 5.5 times the first, so both ends of it are scaled by 3 / |(1, 5.5)|.
    scale = 3 / math.hypot(1, 5.5)
    found = monotone_slopes([(0.0, 0.0), (0.5, 0.25), (0.55, 0.5)])
    assert found == pytest.approx([0.5 * scale, 2.75 * scale, 5.0])


def test_slopes_are_continuous_where_pieces_meet() -> None:
    step = 1e-6
    for x, _ in S_SHAPE:
        left, here, right = monotone_cubic(
            torch.tensor([x - step, x, x + step], dtype=torch.float64), S_SHAPE
        )
        assert float((here - left) / step) == pytest.approx(float((right - here) / step), abs=1e-4)


def test_beyond_the_ends_the_curve_is_straight() -> None:
    x = torch.tensor([-2.0, -1.0, 2.0, 3.0], dtype=torch.float64)
    assert monotone_cubic(x, S_SHAPE).tolist() == pytest.approx([-1.2, -0.6, 1.4, 1.8])
    assert monotone_cubic(x, LEVEL).tolist() == pytest.approx([0.2, 0.2, 0.8, 0.8])


@pytest.mark.parametrize("shape", [(), (5,), (3, 4, 5), (2, 3, 4, 5)])
def test_any_shape_is_kept(shape: tuple[int, ...]) -> None:
    assert monotone_cubic(torch.rand(shape), S_SHAPE).shape == shape


def test_axes_scaled_with_the_points_give_the_scaled_curve() -> None:
    x = torch.linspace(-0.5, 1.5, 201, dtype=torch.float64)
    large = [(x * 255, y * 100) for x, y in S_SHAPE]
    torch.testing.assert_close(monotone_cubic(x * 255, large), 100 * monotone_cubic(x, S_SHAPE))


def test_single_precision_is_good_for_sixteen_bits() -> None:
    x = torch.linspace(0, 1, 65536)
    exact = monotone_cubic(x.double(), STEP)
    assert (monotone_cubic(x, STEP) - exact).abs().max() < 0.25 / 65535


def test_nan_stays_and_infinity_follows_the_last_slope() -> None:
    x = torch.tensor([math.nan, math.inf, -math.inf])
    y = monotone_cubic(x, S_SHAPE)
    assert y.isnan().tolist() == [True, False, False]
    assert y[1:].tolist() == [math.inf, -math.inf]
    level = monotone_cubic(x, LEVEL)
    assert level.isnan().tolist() == [True, False, False]
    assert level[1:].tolist() == pytest.approx([0.8, 0.2])


@pytest.mark.parametrize("points", [[(0.0, 0.0)], [(0.5, 0.0), (0.5, 1.0)], [(1.0, 0.0), (0.0, 1.0)]])
def test_points_that_do_not_rise_are_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="at least two points with rising x"):
        monotone_cubic(torch.ones(1), points)
