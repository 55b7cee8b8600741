"""Measures against values computed by hand."""

import math

import pytest
import torch
from torch import Generator

from unveil.isp.metrics import best_exposure, delta_e, psnr, ssim
from unveil.isp.tone.stage import decode_curve, encode_curve


def test_psnr_of_a_tenth_off_is_20_db() -> None:
    assert psnr(torch.full((3, 8, 8), 0.5), torch.full((3, 8, 8), 0.6)) == pytest.approx(20, abs=1e-5)


def test_psnr_of_equal_pictures_is_infinite() -> None:
    assert math.isinf(psnr(torch.ones(3, 8, 8), torch.ones(3, 8, 8)))


def test_ssim_of_equal_pictures_is_1() -> None:
    picture = torch.rand(3, 32, 40, generator=Generator().manual_seed(0))
    assert ssim(picture, picture) == pytest.approx(1)


def test_ssim_of_flat_pictures_is_the_luminance_term() -> None:
    # without variance only (2 a b + C1) / (a^2 + b^2 + C1) is left, C1 = 0.01^2
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4)
    assert ssim(torch.full((3, 16, 16), 0.2), torch.full((3, 16, 16), 0.6)) == pytest.approx(expected)


def test_ssim_is_that_of_its_formula_at_the_one_place_of_its_window() -> None:
    x, y = (torch.rand(1, 7, 7, generator=Generator().manual_seed(n), dtype=torch.float64) for n in (1, 2))
    cov = float(((x - x.mean()) * (y - y.mean())).sum() / 48)
    expected = (2 * float(x.mean() * y.mean()) + 1e-4) * (2 * cov + 9e-4)
    expected /= float((x.mean() ** 2 + y.mean() ** 2 + 1e-4) * (x.var() + y.var() + 9e-4))
    assert ssim(x.expand(3, -1, -1), y.expand(3, -1, -1), "uniform") == pytest.approx(expected, rel=1e-9)


def test_ssim_refuses_pictures_smaller_than_its_window() -> None:
    with pytest.raises(ValueError, match="at least 11 x 11"):
        ssim(torch.rand(3, 10, 20), torch.rand(3, 10, 20))
    with pytest.raises(ValueError, match="at least 7 x 7"):
        ssim(torch.rand(3, 6, 20), torch.rand(3, 6, 20), "uniform")


def test_best_exposure_undoes_a_darkened_picture() -> None:
    truth = torch.rand(3, 32, 32, generator=Generator().manual_seed(1)) * 0.6
    darker = encode_curve(decode_curve(truth, "srgb") / 2, "srgb")
    assert psnr(darker, truth) < 25
    assert psnr(best_exposure(darker, truth), truth) > 50


def test_best_exposure_leaves_an_equal_picture_as_it_is() -> None:
    truth = torch.rand(3, 32, 32, generator=Generator().manual_seed(1))
    assert psnr(best_exposure(truth, truth), truth) > 60


@pytest.mark.parametrize("ev", [-1.87, -0.3, 0.11, 1.4])
def test_best_exposure_finds_a_factor_between_its_places(ev: float) -> None:
    truth = torch.rand(3, 32, 32, generator=Generator().manual_seed(1)) * 0.4
    other = encode_curve(decode_curve(truth, "srgb") * 2.0**ev, "srgb")
    assert psnr(best_exposure(other, truth), truth) > 60


def test_delta_e_of_equal_pictures_is_nought_and_of_black_and_white_a_hundred() -> None:
    picture = torch.rand(3, 8, 9, generator=Generator().manual_seed(1))
    assert delta_e(picture, picture) == 0
    assert delta_e(torch.ones(3, 4, 4), torch.zeros(3, 4, 4)) == pytest.approx(100, abs=1e-4)


def test_delta_e_of_greys_is_that_of_ciede2000() -> None:
    # Greys differ in lightness alone: dE = |L1 - L2| / (1 + 0.015 (Lm - 50)^2 / sqrt(20 + (Lm - 50)^2))
    values = 0.2, 0.6
    light = [116 * float(decode_curve(torch.tensor(v), "srgb")) ** (1 / 3) - 16 for v in values]
    off = (sum(light) / 2 - 50) ** 2
    expected = (light[1] - light[0]) / (1 + 0.015 * off / math.sqrt(20 + off))
    found = delta_e(torch.full((3, 5, 5), values[0]), torch.full((3, 5, 5), values[1]))
    assert found == pytest.approx(expected, abs=0.01)


def test_delta_e_in_bands_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (torch.rand(3, 13, 17, generator=Generator().manual_seed(n)) for n in (1, 2))
    whole = delta_e(one, other)
    monkeypatch.setattr("unveil.isp.metrics.BAND", 50)
    assert delta_e(one, other) == pytest.approx(whole, rel=1e-9)


def test_delta_e_refuses_what_are_not_two_pictures_of_one_size() -> None:
    with pytest.raises(ValueError, match=r"two .* pictures of one size"):
        delta_e(torch.zeros(3, 4, 4), torch.zeros(3, 4, 5))
    with pytest.raises(ValueError, match=r"two .* pictures of one size"):
        delta_e(torch.zeros(1, 4, 4), torch.zeros(1, 4, 4))


def test_a_pixel_that_is_not_finite_leaves_no_figure() -> None:
    picture = torch.full((3, 16, 16), 0.5)
    picture[0, 3, 3] = math.nan
    truth = torch.full((3, 16, 16), 0.5)
    assert all(math.isnan(measure(picture, truth)) for measure in (psnr, ssim, delta_e))
