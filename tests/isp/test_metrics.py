"""Measures against values computed by hand."""

import math

import pytest
import torch
from torch import Generator

from unveil.isp.metrics import best_exposure, psnr, ssim
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


def test_ssim_refuses_pictures_smaller_than_its_window() -> None:
    with pytest.raises(ValueError, match="at least 11 x 11"):
        ssim(torch.rand(3, 10, 20), torch.rand(3, 10, 20))


def test_best_exposure_undoes_a_darkened_picture() -> None:
    truth = torch.rand(3, 32, 32, generator=Generator().manual_seed(1)) * 0.6
    darker = encode_curve(decode_curve(truth, "srgb") / 2, "srgb")
    assert psnr(darker, truth) < 25
    assert psnr(best_exposure(darker, truth), truth) > 50
