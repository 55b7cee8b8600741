"""Menon, Andriani and Calvagno's directional interpolation."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from unveil.isp.demosaic.malvar2004 import demosaic_malvar2004
from unveil.isp.demosaic.menon2007 import REACH, along_rows, demosaic_menon2007
from unveil.isp.unprocess import mosaic

Cfa = tuple[tuple[int, ...], ...]
RGGB = ((0, 1), (1, 2))


def psnr(first: Tensor, second: Tensor) -> float:
    return float(-10 * (first - second)[:, 8:-8, 8:-8].pow(2).mean().log10())


@pytest.fixture(scope="module")
def photograph(shared_data: Path) -> Tensor:
    """(3, 256, 256) of a photograph with fences and shingles."""
    picture = cv2.imread(str(shared_data / "photos/kodak24/kodim19.png"), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    return torch.from_numpy(picture[300:556, 200:456].astype(np.float32).transpose(2, 0, 1) / 255)


def test_grey_stripes_along_and_across_come_back_exactly(bayer: Cfa) -> None:
    # Green is interpolated along the stripes from their own kind, and the colour differences are 0 there.
    stripes = torch.tensor([0.2, 0.8, 0.5, 0.9, 0.1, 0.4]).repeat(8)[:, None].expand(48, 48)
    for picture in (stripes.expand(3, 48, 48), stripes.T.expand(3, 48, 48)):
        found = demosaic_menon2007(mosaic(picture, bayer), bayer)
        assert torch.allclose(found, picture, atol=1e-6)


def test_the_way_of_stripes_is_found() -> None:
    stripes = torch.tensor([0.2, 0.8, 0.5, 0.9, 0.1, 0.4]).repeat(4)
    assert along_rows(stripes[:, None].expand(24, 24))[4:-4:2, 4:-4:2].all()
    assert not along_rows(stripes[None].expand(24, 24))[4:-4:2, 4:-4:2].any()


def test_planes_are_reproduced_exactly(bayer: Cfa, plane: Callable[[], Tensor]) -> None:
    found = demosaic_menon2007(mosaic(plane(), bayer), bayer)
    inner = slice(REACH, -REACH)
    assert torch.allclose(found[:, inner, inner], plane()[:, inner, inner], atol=1e-6)


def test_flat_colour_stays_flat_up_to_the_border_at_every_size(bayer: Cfa, flat: Tensor) -> None:
    assert torch.allclose(demosaic_menon2007(mosaic(flat, bayer), bayer), flat, atol=1e-6)


def test_measured_samples_are_kept_exactly(bayer: Cfa, noise: torch.Generator) -> None:
    samples = torch.rand(1, 21, 34, generator=noise)
    assert torch.equal(mosaic(demosaic_menon2007(samples, bayer), bayer), samples)


def test_brightness_scales_through(bayer: Cfa, noise: torch.Generator) -> None:
    samples = torch.rand(1, 32, 32, generator=noise)
    found = demosaic_menon2007(samples, bayer)
    for factor in (1 / 1024, 64.0):
        assert torch.equal(demosaic_menon2007(samples * factor, bayer), found * factor)


def test_by_one_guide_it_is_linear(bayer: Cfa, noise: torch.Generator) -> None:
    guide, first, second = torch.rand(3, 1, 32, 36, generator=noise)
    both = demosaic_menon2007(first - 2 * second, bayer, guide)
    apart = demosaic_menon2007(first, bayer, guide) - 2 * demosaic_menon2007(second, bayer, guide)
    assert torch.allclose(both, apart, atol=1e-5)


def test_a_mosaic_is_its_own_guide(noise: torch.Generator) -> None:
    samples, other = torch.rand(2, 1, 32, 36, generator=noise)
    found = demosaic_menon2007(samples, RGGB)
    assert torch.equal(found, demosaic_menon2007(samples, RGGB, samples.clone()))
    assert not torch.allclose(found, demosaic_menon2007(samples, RGGB, other), atol=1e-3)


def test_gradients_are_those_of_finite_differences(noise: torch.Generator) -> None:
    guide, samples = torch.rand(2, 1, 6, 7, generator=noise, dtype=torch.float64)
    samples.requires_grad_()
    assert torch.autograd.gradcheck(lambda seen: demosaic_menon2007(seen, RGGB, guide), (samples,))


def test_a_sample_that_is_not_finite_spoils_its_neighbours_only(noise: torch.Generator) -> None:
    for value in (float("nan"), float("inf")):
        samples = torch.rand(1, 40, 40, generator=noise)
        samples[0, 20, 20] = value
        spoiled = (~demosaic_menon2007(samples, RGGB).isfinite()).any(0).nonzero()
        assert len(spoiled) > 0
        assert (spoiled - 20).abs().max() <= REACH


@pytest.mark.shared
def test_a_photograph_comes_back_as_from_the_published_algorithm(photograph: Tensor) -> None:
    reference = pytest.importorskip("colour_demosaicing").demosaicing_CFA_Bayer_Menon2007
    for name, cfa in (("RGGB", RGGB), ("GBRG", ((1, 2), (0, 1)))):
        seen = mosaic(photograph, cfa)
        theirs = torch.from_numpy(reference(seen[0].numpy(), name).transpose(2, 0, 1))
        ours = demosaic_menon2007(seen, cfa)
        assert abs(psnr(ours, photograph) - psnr(theirs, photograph)) < 0.02
        assert ((ours - theirs).abs() > 1e-5).float().mean() < 0.02  # where the decision is a tie


@pytest.mark.shared
def test_it_is_4_dB_above_malvar2004(photograph: Tensor, bayer: Cfa) -> None:
    seen = mosaic(photograph, bayer)
    ours = psnr(demosaic_menon2007(seen, bayer), photograph)
    assert ours > psnr(demosaic_malvar2004(seen, bayer), photograph) + 4
