"""Blown samples: what is estimated is nearer to the truth, and nothing else changes."""

import math
from pathlib import Path

import pytest
import torch

from unveil.isp.cfa import colour_index
from unveil.isp.colour.white_balance import white_balance
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.linearize.highlights import (
    CEILING,
    How,
    at_samples,
    blend,
    block_colours,
    estimate_highlights,
    reconstruct,
)
from unveil.isp.linearize.stage import limit_highlights, subtract_black
from unveil.isp.parameters import Decode
from unveil.pipeline.frame import Frame, Triple

RGGB = ((0, 1), (1, 2))
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
BALANCE: Triple = (2.0, 1.0, 1.6)
GREY: Triple = (0.5, 1.0, 0.625)
EACH = pytest.mark.parametrize("how", ["blend", "reconstruct"])


def lit_surface(colour: Triple, brightest: float, size: int = 48) -> torch.Tensor:
    """A surface of one colour under a light that falls off: (3, size, size)."""
    ramp = torch.linspace(0.1, brightest, size).expand(size, size)
    return torch.tensor(colour)[:, None, None] * ramp


def mosaic_of(colours: torch.Tensor, cfa: tuple[tuple[int, ...], ...]) -> torch.Tensor:
    index = colour_index(cfa, colours.shape[1], colours.shape[2])
    return colours.gather(0, index[None])


def estimate(pixels: torch.Tensor, how: How, cfa: tuple[tuple[int, ...], ...] | None = None) -> torch.Tensor:
    return estimate_highlights(pixels, pixels >= 1, cfa, level=1.0, multipliers=BALANCE, how=how)


def test_a_surface_of_one_colour_is_reconstructed_beyond_saturation() -> None:
    truth = lit_surface((0.4, 1.0, 0.3), 1.8)
    found = reconstruct(truth.clamp(max=1), truth >= 1, 1.0, GREY)
    assert torch.allclose(found, truth, rtol=1e-4)


def test_where_all_is_blown_the_least_light_of_the_paled_colour_is_taken() -> None:
    truth = lit_surface((0.45, 1.0, 0.65), 1.0)
    truth[:, 20:30, 30:40] = torch.tensor([1.3, 3.0, 1.9])[:, None, None]
    found = reconstruct(truth.clamp(max=1), truth >= 1, 1.0, GREY)[:, 24:26, 34:36]
    assert torch.allclose(found.amin(0), torch.ones(2, 2), atol=1e-4)
    ratio = found[1] / found[0]
    assert bool(((ratio > 1.9) & (ratio < 2.3)).all())


def test_a_grey_surface_that_is_blown_stays_grey_when_blended() -> None:
    truth = lit_surface(GREY, 1.9)
    found = blend(truth.clamp(max=1), truth >= 1, BALANCE)
    assert torch.allclose(found, truth, rtol=1e-5)
    full = blend(torch.ones(3, 2, 2), torch.ones(3, 2, 2, dtype=torch.bool), BALANCE)
    assert torch.allclose(full, 2 * torch.tensor(GREY)[:, None, None].expand(3, 2, 2))


def test_estimates_end_two_stops_above_saturation() -> None:
    truth = lit_surface((1.0, 0.02, 0.01), 30.0)
    found = estimate(truth.clamp(max=1), "reconstruct")
    assert float(found.max()) == pytest.approx(CEILING)


@EACH
@pytest.mark.parametrize("cfa", [RGGB, XTRANS, None])
def test_what_is_not_blown_is_the_very_same_and_the_rest_no_lower(
    noise: torch.Generator, how: How, cfa: tuple[tuple[int, ...], ...] | None
) -> None:
    pixels = (torch.rand(3 if cfa is None else 1, 47, 53, generator=noise) * 1.5 - 0.1).clamp(max=1)
    found, blown = estimate(pixels, how, cfa), pixels >= 1
    assert torch.equal(found[~blown], pixels[~blown])
    assert bool((found[blown] >= pixels[blown]).all())
    assert bool(found.isfinite().all())


@EACH
def test_without_blown_samples_nothing_is_done(how: How) -> None:
    pixels = torch.full((1, 8, 8), 0.9)
    assert estimate(pixels, how, RGGB) is pixels


@EACH
@pytest.mark.parametrize("cfa", [RGGB, XTRANS])
def test_a_mosaic_is_estimated_as_its_colours_are(how: How, cfa: tuple[tuple[int, ...], ...]) -> None:
    truth = torch.tensor([0.4, 1.0, 0.3])[:, None, None].expand(3, 60, 60).clone()
    truth *= torch.where(torch.arange(60) < 30, 0.9, 1.7)
    found = estimate(mosaic_of(truth, cfa).clamp(max=1), how, cfa)
    inner = slice(36, 60)
    expected = estimate(truth.clamp(max=1), how)
    assert torch.allclose(found[..., inner], mosaic_of(expected, cfa)[..., inner], rtol=1e-3)


@EACH
def test_estimates_scale_with_the_level(noise: torch.Generator, how: How) -> None:
    pixels = (torch.rand(1, 24, 24, generator=noise) * 1.5).clamp(max=1)
    large = estimate_highlights(pixels * 4, pixels >= 1, RGGB, level=4.0, multipliers=BALANCE, how=how)
    assert torch.allclose(large, estimate(pixels, how, RGGB) * 4, rtol=1e-4)


@EACH
def test_a_picture_that_is_blown_all_over_is_grey(how: How) -> None:
    found = estimate(torch.ones(3, 9, 9), how)
    assert torch.allclose(found, 2 * torch.tensor(GREY)[:, None, None].expand(3, 9, 9), rtol=1e-5)


@EACH
def test_monochrome_and_less_than_a_block_stay(how: How) -> None:
    pixels = torch.ones(1, 1, 9)
    assert estimate(pixels, how, ((1,),)) is pixels
    assert estimate(pixels, how, RGGB) is pixels


@EACH
def test_a_sample_that_is_no_number_stays_one_and_spreads_no_further_than_its_block(how: How) -> None:
    pixels = mosaic_of(lit_surface((0.4, 1.0, 0.3), 1.8), RGGB).clamp(max=1)
    pixels[0, 10, 3] = math.nan
    found = estimate(pixels, how, RGGB)
    assert int(found.isnan().sum()) == 1


def test_blocks_at_an_odd_edge_are_filled() -> None:
    colours = torch.tensor([0.2, 0.5, 0.8])[:, None, None].expand(3, 7, 5)
    mosaic = mosaic_of(colours.contiguous(), RGGB)
    means, blown = block_colours(mosaic, mosaic > 0.7, RGGB)
    assert means.shape == (3, 4, 3)
    assert torch.allclose(means, torch.tensor([0.2, 0.5, 0.8])[:, None, None].expand(3, 4, 3))
    assert blown.flatten(1).all(1).tolist() == [False, False, True]
    assert torch.allclose(at_samples(means, mosaic, RGGB), mosaic)


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "canon_eos_d30.crw",
        "canon_550d_magiclantern_chart.dng",
        "synthetic_xtrans_a.dng",
    ],
)
@pytest.mark.parametrize("stops", [0.5, 1.0])
def test_real_pictures_clipped_for_the_test_come_back_nearer_than_clipping(
    shared_data: Path, name: str, stops: float
) -> None:
    truth, cfa, balance = real_mosaic(shared_data / "raw" / name, stops)
    clipped, gain = truth.clamp(max=1), torch.tensor(balance)[colour_index(cfa, *truth.shape[-2:])][None]
    blown = clipped >= 1
    found = estimate_highlights(clipped, blown, cfa, level=1.0, multipliers=balance, how="reconstruct")
    limited, _ = limit_highlights(clipped, 1 / gain)
    errors = [distance(picture, truth, gain, blown) for picture in (found, clipped, limited)]
    assert errors[0] < min(0.6 * errors[2], errors[1]), errors


def real_mosaic(source: Path, stops: float) -> tuple[torch.Tensor, tuple[tuple[int, ...], ...], Triple]:
    """A real mosaic, 1 where it is to be clipped: some stops below its brightest samples."""
    frame = DecodeStage(Decode(), "cpu")(Frame(source=source))
    camera = frame.camera
    assert camera.cfa is not None
    linear = subtract_black(frame.image(), camera.black, camera.white)
    top = float(linear.flatten().kthvalue(int(linear.numel() * 0.9999)).values)
    return linear / top * 2**stops, camera.cfa, white_balance(camera)[0]


def distance(picture: torch.Tensor, truth: torch.Tensor, gain: torch.Tensor, where: torch.Tensor) -> float:
    """Root mean square of the difference in stops, after white balance."""
    stops = [(pixels * gain).clamp(min=1e-3).log2()[where] for pixels in (picture, truth)]
    return float((stops[0] - stops[1]).square().mean().sqrt())
