"""Small reflections at full size: bands agree with the whole, and what is nothing stays nothing."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.plugins.separation.upsample import Way, band, prepare

WAYS: tuple[Way, ...] = ("bicubic", "guided", "ratio")


def whole(reflection: Tensor, small: Tensor, full: Tensor, way: Way) -> Tensor:
    return prepare(reflection, small, way).rows(full, 0, full.shape[-2])


def shrunk(picture: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(picture[None], size=(height, width), mode="bilinear", antialias=True)[0]


@pytest.mark.parametrize(("height", "width"), [(100, 150), (24, 36), (577, 401), (10, 20)])
def test_bands_are_those_of_bicubic_interpolation(noise: torch.Generator, height: int, width: int) -> None:
    small = torch.rand(3, 24, 36, generator=noise)
    bands = [band(small, top, min(7, height - top), height, width) for top in range(0, height, 7)]
    expected = F.interpolate(small[None], size=(height, width), mode="bicubic", align_corners=False)[0]
    torch.testing.assert_close(torch.cat(bands, 1), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("way", WAYS)
def test_where_nothing_was_found_nothing_is_taken(noise: torch.Generator, way: Way) -> None:
    full = torch.rand(3, 160, 240, generator=noise)
    found = torch.zeros(3, 40, 60)
    found[:, :, :20] = 0.3
    taken = whole(found, shrunk(full, 40, 60), full, way)
    assert float(taken[..., 120:].abs().max()) < 1e-6
    assert float(taken[..., :40].mean()) > 0.05


@pytest.mark.parametrize("way", WAYS)
def test_a_smooth_reflection_comes_back(way: Way) -> None:
    ramp = torch.linspace(0, 0.4, 240).expand(3, 160, 240)
    scene = (torch.arange(240) // 30 % 2 * 0.3 + 0.1).expand(3, 160, 240)
    full = scene + ramp
    taken = whole(shrunk(ramp, 40, 60), shrunk(full, 40, 60), full, way)
    assert float((taken - ramp).abs().mean()) < (0.02 if way != "ratio" else 0.07)


def test_guided_enlarging_keeps_an_edge_that_the_reflection_shares_with_the_picture() -> None:
    lamp = torch.zeros(3, 160, 240)
    lamp[:, 50:110, 90:150] = 0.5
    full = 0.2 + lamp
    errors = {
        way: float((whole(shrunk(lamp, 20, 30), shrunk(full, 20, 30), full, way) - lamp).abs().mean())
        for way in WAYS
    }
    assert errors["guided"] < 0.3 * errors["bicubic"]
