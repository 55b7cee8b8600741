"""Hot pixels are found and repaired, and nothing else is."""

import math
from pathlib import Path

import pytest
import torch

from unveil.isp.decode.stage import DecodeStage
from unveil.isp.linearize.hot_pixels import repair_hot_pixels, same_colour_offsets
from unveil.isp.linearize.stage import subtract_black
from unveil.isp.parameters import Decode
from unveil.pipeline.frame import Frame

RGGB = ((0, 1), (1, 2))
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
PATTERNS = pytest.mark.parametrize("cfa", [RGGB, XTRANS, ((1,),)])
Cfa = tuple[tuple[int, ...], ...]


def smooth(size: int = 60) -> torch.Tensor:
    ramp = torch.linspace(0, 3, size)
    return (0.3 + 0.2 * torch.sin(ramp)[:, None] * torch.cos(ramp))[None]


def test_green_of_bayer_has_its_diagonals_first() -> None:
    offsets = same_colour_offsets(RGGB, 0, 1)
    assert set(offsets[:4]) == {(-1, -1), (-1, 1), (1, -1), (1, 1)}
    assert set(offsets[4:]) == {(-2, 0), (2, 0), (0, -2), (0, 2)}


@PATTERNS
def test_a_planted_pixel_becomes_the_median_of_its_colour(cfa: Cfa) -> None:
    mosaic = torch.full((1, 60, 60), 0.2)
    for row, column in [(0, 0), (7, 9), (31, 30), (59, 59), (59, 0)]:
        mosaic[0, row, column] = 0.9
    found, count = repair_hot_pixels(mosaic, cfa)
    assert count == 5
    assert torch.equal(found, torch.full((1, 60, 60), 0.2))


@PATTERNS
def test_smooth_data_is_the_very_same(cfa: Cfa) -> None:
    found, count = repair_hot_pixels(smooth(), cfa)
    assert count == 0
    assert torch.equal(found, smooth())


def test_noise_is_no_hot_pixel(noise: torch.Generator) -> None:
    mosaic = smooth(400) + 0.01 * torch.randn(1, 400, 400, generator=noise)
    assert repair_hot_pixels(mosaic, RGGB)[1] <= 2


def test_a_star_is_no_hot_pixel() -> None:
    place = torch.arange(40.0) - 20.3
    star = torch.exp(-(place[:, None] ** 2 + place**2) / (2 * 0.7**2))[None]
    assert repair_hot_pixels(0.05 + 0.8 * star, RGGB)[1] == 0


def test_what_stands_out_by_less_than_a_hundredth_is_left() -> None:
    mosaic = torch.full((1, 20, 20), 0.2)
    mosaic[0, 9, 9] = 0.209
    assert repair_hot_pixels(mosaic, RGGB)[1] == 0


@PATTERNS
def test_what_is_found_does_not_depend_on_black_being_at_zero(cfa: Cfa) -> None:
    mosaic = smooth() - 0.3
    mosaic[0, 20, 20] += 0.4
    found, count = repair_hot_pixels(mosaic, cfa)
    assert count == 1
    assert float((found - smooth() + 0.3).abs().max()) < 0.02


def test_small_mosaics_are_left_alone() -> None:
    mosaic = torch.zeros(1, 7, 60)
    mosaic[0, 3, 30] = 1.0
    assert repair_hot_pixels(mosaic, RGGB)[0] is mosaic


def test_samples_that_are_no_numbers_stay_and_infinity_is_hot() -> None:
    mosaic = torch.full((1, 40, 40), 0.2)
    mosaic[0, 10, 10], mosaic[0, 30, 30] = math.nan, math.inf
    found, count = repair_hot_pixels(mosaic, RGGB)
    assert count == 1
    assert float(found[0, 30, 30]) == pytest.approx(0.2)
    assert bool(found[0, 10, 10].isnan())


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("canon_550d_magiclantern_chart.dng", 0.95),
        ("canon_eos_d30.crw", 0.75),
        ("synthetic_xtrans_a.dng", 0.8),
    ],
)
def test_pixels_planted_in_a_real_picture_are_repaired_and_no_others(
    shared_data: Path, noise: torch.Generator, name: str, share: float
) -> None:
    frame = DecodeStage(Decode(), "cpu")(Frame(source=shared_data / "raw" / name))
    camera = frame.camera
    assert camera.cfa is not None
    truth, own = repair_hot_pixels(subtract_black(frame.image(), camera.black, camera.white), camera.cfa)
    planted = truth.clone()
    places = torch.randperm(truth.numel(), generator=noise)[:1000]
    planted.view(-1)[places] = (planted.view(-1)[places] + 0.4).clamp(max=1)
    found, count = repair_hot_pixels(planted, camera.cfa)
    hit = found.view(-1)[places] != planted.view(-1)[places]
    others = (found != planted).view(-1)
    others[places] = False
    assert own < 20e-6 * truth.numel()
    assert float(hit.float().mean()) > share
    assert int(others.sum()) <= 2
    assert count == int(hit.sum()) + int(others.sum())
    assert float((found - truth).view(-1)[places][hit].abs().median()) < 0.01
