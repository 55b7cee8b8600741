"""Small reflections at full size: bands agree with the whole, and what is nothing stays nothing."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.benchmarks.upsamplers import WAYS
from unveil.plugins.separation.recompose import WAY
from unveil.plugins.separation.upsample import band, places


def whole(reflection: Tensor, small: Tensor, full: Tensor, way: str) -> Tensor:
    height = full.shape[-2]
    return WAYS[way](reflection, small).rows(full, places(0, height, height, small.shape[-2]))


def shrunk(picture: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(picture[None], size=(height, width), mode="bilinear", antialias=True)[0]


@pytest.mark.parametrize(("height", "width"), [(100, 150), (24, 36), (577, 401), (10, 20)])
def test_bands_are_those_of_bicubic_interpolation(noise: torch.Generator, height: int, width: int) -> None:
    small = torch.rand(3, 24, 36, generator=noise)
    bands = [band(small, top, min(7, height - top), height, width) for top in range(0, height, 7)]
    expected = F.interpolate(small[None], size=(height, width), mode="bicubic", align_corners=False)[0]
    torch.testing.assert_close(torch.cat(bands, 1), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("way", WAYS)
def test_where_nothing_was_found_nothing_is_taken(noise: torch.Generator, way: str) -> None:
    full = torch.rand(3, 160, 240, generator=noise)
    found = torch.zeros(3, 40, 60)
    found[:, :, :20] = 0.3
    taken = whole(found, shrunk(full, 40, 60), full, way)
    assert float(taken[..., 120:].abs().max()) < 1e-6
    assert float(taken[..., :40].mean()) > 0.05


@pytest.mark.parametrize("way", WAYS)
def test_a_smooth_reflection_comes_back(way: str) -> None:
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


def texture(noise: torch.Generator, height: int = 640, width: int = 960) -> Tensor:
    """Detail at all scales, as in a photograph: every octave as strong as the one above it."""
    layers = []
    for octave in range(8):
        size = (max(2, height >> octave), max(2, width >> octave))
        grain = torch.rand(1, 1, *size, generator=noise) - 0.5
        layers.append(F.interpolate(grain, size=(height, width), mode="bicubic"))
    return (0.3 + 0.08 * sum(layers, torch.zeros(1, 1, height, width)))[0].expand(3, -1, -1).clamp(0.02, 1)


def lamps(height: int = 640, width: int = 960) -> Tensor:
    """Squares with sharp edges, off the grid of the small picture."""
    found = torch.zeros(3, height, width)
    for top in range(37, height - 120, 203):
        for left in range(51, width - 120, 211):
            found[:, top : top + 97, left : left + 97] = 0.35
    return found


def error(scene: Tensor, reflection: Tensor, way: str) -> Tensor:
    full = scene + reflection
    taken = whole(shrunk(reflection, 80, 120), shrunk(full, 80, 120), full, way)
    return (torch.minimum(taken.clamp(min=0), full) - reflection).abs()


def test_sharp_reflections_over_texture_halo_little_with_the_way_that_is_used(noise: torch.Generator) -> None:
    """Within 8 pixels, one small pixel, around the edges of lamps: at most half of the error of bicubic enlarging.

    Only joint bilateral upsampling has less at such lamps, which are alike all over; on photographs it has more.
    """
    scene, found = texture(noise), lamps()
    rim = F.max_pool2d(found, 17, 1, 8) - -F.max_pool2d(-found, 17, 1, 8) > 0.1
    halo = {way: float(error(scene, found, way)[rim].mean()) for way in WAYS}
    assert WAYS["detail"] is WAY
    assert halo["detail"] < 0.5 * halo["bicubic"], halo
    assert halo["detail"] < halo["guided"], halo
    assert halo["detail"] < 0.6 * halo["ratio"], halo


def test_detail_leaves_the_texture_under_a_reflection_out_of_focus(noise: torch.Generator) -> None:
    """The scene's detail is not taken for the reflection's: a share of the light would take it."""
    scene = texture(noise)
    soft = F.interpolate(
        torch.rand(1, 3, 4, 6, generator=noise) * 0.4, size=scene.shape[-2:], mode="bicubic"
    )[0].clamp(min=0)
    assert float(error(scene, soft, "detail").mean()) < 0.002
    assert float(error(scene, soft, "detail").mean()) < 0.1 * float(error(scene, soft, "ratio").mean())
    assert float(error(scene, soft, "detail").mean()) < 0.6 * float(
        error(scene, soft, "joint bilateral").mean()
    )


@pytest.mark.parametrize("way", ["bicubic", "detail"])
def test_shrunk_again_the_reflection_is_what_was_found(noise: torch.Generator, way: str) -> None:
    scene, found = texture(noise), lamps()
    small = shrunk(found, 80, 120)
    again = shrunk(whole(small, shrunk(scene + found, 80, 120), scene + found, way), 80, 120)
    assert float((again - small).abs().mean()) < 0.01
    assert float(again.mean()) == pytest.approx(float(small.mean()), rel=0.01)
