"""The filmic curve: values of the formula, what stays, and what happens at the edges."""

import math

import pytest
import torch

from unveil.isp.tone.filmic import filmic

WHITES = [1.0, 1.5, 4.0, 16.0, 1024.0]


@pytest.mark.parametrize("white", WHITES)
def test_black_middle_grey_and_white_are_where_they_belong(white: float) -> None:
    x = torch.tensor([0.0, 0.18, white], dtype=torch.float64)
    assert filmic(x, white).tolist() == pytest.approx([0.0, 0.18, 1.0], abs=1e-12)


@pytest.mark.parametrize(("linear", "mapped"), [(0.05, 0.0570088), (0.5, 0.3858773), (2.0, 0.7801609)])
def test_values_are_those_of_the_published_formula(linear: float, mapped: float) -> None:
    k = (1 - 0.18 / 16) / 0.82
    u, end = k * linear, 4 * k
    assert u * (1 + u / end**2) / (1 + u) == pytest.approx(mapped, abs=1e-7)
    assert float(filmic(torch.tensor(linear, dtype=torch.float64), 4.0)) == pytest.approx(mapped, abs=1e-7)


def test_a_white_at_one_changes_nothing() -> None:
    x = torch.linspace(-2, 4, 601, dtype=torch.float64)
    torch.testing.assert_close(filmic(x, 1.0), x)


@pytest.mark.parametrize("white", WHITES)
def test_it_rises_is_odd_and_rolls_highlights_off(white: float) -> None:
    x = torch.linspace(-2 * white, 2 * white, 4001, dtype=torch.float64)
    y = filmic(x, white)
    torch.testing.assert_close(y, -y.flip(0))
    slopes = y.diff()[2000:]
    assert (slopes > 0).all()
    assert (slopes.diff() < 1e-12).all()


@pytest.mark.parametrize("shape", [(), (5,), (3, 4, 5), (2, 3, 4, 5)])
def test_any_shape_is_kept(shape: tuple[int, ...]) -> None:
    assert filmic(torch.rand(shape), 4.0).shape == shape


def test_light_and_white_scaled_together_differ_only_by_the_grey_that_stays() -> None:
    x = torch.rand(100, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 4
    k = (1 - 0.18 / 16) / 0.82
    scaled = (k * x) * (1 + (k * x) / (4 * k) ** 2) / (1 + k * x)
    torch.testing.assert_close(filmic(x, 4.0), scaled)
    torch.testing.assert_close(filmic(x.float(), 4.0).double(), scaled, atol=2e-7, rtol=1e-6)


def test_shadows_keep_their_precision() -> None:
    x = torch.tensor([1e-6, 1e-5, 1e-4])
    torch.testing.assert_close(filmic(x, 4.0).double(), filmic(x.double(), 4.0), atol=0, rtol=1e-6)


def test_nan_and_infinity_stay_what_they_are() -> None:
    y = filmic(torch.tensor([math.nan, math.inf, -math.inf]), 4.0)
    assert y.isnan().tolist() == [True, False, False]
    assert y[1:].tolist() == [math.inf, -math.inf]


@pytest.mark.parametrize("white", [0.99, 0.0, -1.0, math.inf, math.nan])
def test_another_white_is_refused(white: float) -> None:
    with pytest.raises(ValueError, match="white must be at least 1 and finite"):
        filmic(torch.ones(1), white)
