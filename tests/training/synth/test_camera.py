"""A drawn camera meters, balances, saturates and develops as one does."""

import math

import pytest
import torch
from torch import Generator, Tensor

from unveil.isp.demosaic.malvar2004 import demosaic_malvar2004
from unveil.isp.unprocess import mosaic
from unveil.training.synth.camera import D5100, RGGB, balance, expose, sensor
from unveil.training.synth.draw import Draw
from unveil.training.synth.ranges import Ranges

SILENT = Ranges(camera=1, mosaic=1, shot=(-12.0, -12.0), read=(-14.0, -14.0))


def draw(n: int = 4) -> Draw:
    return Draw(Generator().manual_seed(1), n, torch.device("cpu"))


def smooth(n: int = 4, top: float = 0.6) -> Tensor:
    coarse = torch.rand(n, 3, 4, 4, generator=Generator().manual_seed(2))
    return top * torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bilinear")


def test_primaries_keep_white() -> None:
    for row in D5100:
        assert sum(row) == pytest.approx(1, abs=1e-6)


def test_camera_and_development_give_back_the_light_that_they_got() -> None:
    light = smooth()
    made = sensor(draw(), SILENT)(light, True)
    assert float((made - light).abs().mean()) < 0.002


def test_camera_is_the_mosaic_of_the_balanced_picture_demosaiced() -> None:
    light = torch.rand(2, 3, 32, 48, generator=Generator().manual_seed(0)) * 0.5
    ranges = Ranges(camera=1, mosaic=1, crosstalk=(0, 0), red_gain=(1, 1), blue_gain=(1, 1))
    made = sensor(draw(2), ranges)(light, False)
    expected = torch.stack([demosaic_malvar2004(m, RGGB) for m in mosaic(light, RGGB)])
    torch.testing.assert_close(made, expected.clamp(0, 1), atol=1e-5, rtol=0)


def test_without_a_mosaic_every_pixel_is_kept() -> None:
    light = torch.rand(2, 3, 32, 48, generator=Generator().manual_seed(0)) * 0.4
    made = sensor(draw(2), Ranges(camera=1))(light, False)
    torch.testing.assert_close(made, light, atol=1e-5, rtol=0)


def test_what_the_sensor_cannot_hold_is_white() -> None:
    made = sensor(draw(), SILENT)(torch.full((4, 3, 32, 32), 5.0), False)
    torch.testing.assert_close(made, torch.ones_like(made), atol=1e-5, rtol=0)


def test_noise_of_red_and_blue_is_raised_by_their_balance() -> None:
    ranges = Ranges(camera=1, shot=(-12, -12), read=(-4, -4), crosstalk=(0, 0))
    flat = torch.full((4, 3, 64, 64), 0.5)
    deviation = sensor(draw(), ranges)(flat, True)[:, :, ::2, ::2].std((0, 2, 3))
    assert float(deviation[0]) == pytest.approx(2.15 * 1e-2, rel=0.15)  # red is measured at these places


def test_noise_has_the_variance_asked_for() -> None:
    ranges = Ranges(shot=(-3, -3), read=(-4, -4))
    made = sensor(draw(), ranges)(torch.full((4, 3, 64, 64), 0.4), True)
    assert float(made.var()) == pytest.approx(0.4e-3 + 1e-4, rel=0.05)


def test_metered_mean_is_the_key() -> None:
    first, second = expose(smooth(), smooth() / 3, draw(), Ranges(metered=1, key=(0.18, 0.18)))
    mean = (first + second).mean((1, 2, 3))
    torch.testing.assert_close(mean, torch.full_like(mean, 0.18))
    torch.testing.assert_close(second, first / 3)


def test_full_adaptation_makes_the_mean_grey() -> None:
    tinted = smooth() * torch.tensor([1.4, 1.0, 0.6])[:, None, None]
    first, second = balance(tinted, tinted / 2, draw(), Ranges(balanced=1, adaptation=(1, 1)))
    mean = (first + second).mean((2, 3))
    torch.testing.assert_close(mean, mean[:, 1:2].expand(-1, 3))
    torch.testing.assert_close((tinted * 1.5).mean((2, 3))[:, 1], mean[:, 1])


def test_not_a_number_reaches_the_picture() -> None:
    light = smooth()
    light[0, 0, 5, 5] = math.nan
    assert bool(sensor(draw(), Ranges())(light, True)[0].isnan().any())
