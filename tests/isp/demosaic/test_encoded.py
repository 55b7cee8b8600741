"""Interpolating display values."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from unveil.isp.demosaic import encoded
from unveil.isp.demosaic.encoded import encode_mosaic, interpolate_encoded
from unveil.isp.demosaic.pekkucuksen2010 import demosaic_pekkucuksen2010
from unveil.isp.tone.curves import decode_curve, encode_curve
from unveil.isp.unprocess import add_noise, mosaic

RGGB = ((0, 1), (1, 2))


def interpolate(samples: Tensor) -> Tensor:
    return demosaic_pekkucuksen2010(samples, RGGB)


def test_it_is_encoding_interpolating_and_decoding(
    noise: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = torch.rand(1, 20, 30, generator=noise) * 2 - 0.3
    expected = decode_curve(interpolate(encode_curve(samples, "srgb")), "srgb")
    assert torch.equal(encode_mosaic(samples), encode_curve(samples, "srgb"))
    assert torch.equal(interpolate_encoded(interpolate, samples), expected)
    monkeypatch.setattr(encoded, "BAND", 90)
    assert torch.allclose(interpolate_encoded(interpolate, samples), expected, rtol=1e-6, atol=1e-7)


def test_measured_samples_below_black_and_above_white_come_back(noise: torch.Generator) -> None:
    samples = torch.rand(1, 20, 30, generator=noise) * 4 - 1
    found = mosaic(interpolate_encoded(interpolate, samples), RGGB)
    assert torch.allclose(found, samples, rtol=2e-6, atol=1e-7)


def test_noise_does_not_shift_the_mean(noise: torch.Generator) -> None:
    # A signal of 1 % of saturation on a sensor of 1,000 electrons: 10 electrons, where curves bend most.
    flat = torch.tensor([0.005, 0.01, 0.007])[:, None, None].expand(3, 256, 256)
    samples = add_noise(mosaic(flat, RGGB), 1e-3, 1e-7, noise)
    light, display = (
        f(samples).mean((1, 2)) for f in (interpolate, lambda m: interpolate_encoded(interpolate, m))
    )
    assert torch.allclose(display, light, rtol=0.01)


@pytest.mark.shared
def test_a_photograph_of_light_gains_four_decibels(shared_data: Path) -> None:
    picture = cv2.imread(str(shared_data / "photos/kodak24/kodim19.png"), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    truth = torch.from_numpy(picture[300:556, 200:456].astype(np.float32).transpose(2, 0, 1) / 255)
    samples = mosaic(decode_curve(truth, "srgb"), RGGB)

    def psnr(light: Tensor) -> float:
        error = encode_curve(light.clamp(0, 1), "srgb") - truth
        return float(-10 * error[:, 8:-8, 8:-8].pow(2).mean().log10())

    assert psnr(interpolate_encoded(interpolate, samples)) > psnr(interpolate(samples)) + 4
