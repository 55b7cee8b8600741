"""Malvar, He and Cutler's linear filters."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from unveil.isp.demosaic.malvar2004 import demosaic_malvar2004
from unveil.isp.unprocess import mosaic

Cfa = tuple[tuple[int, ...], ...]
RGGB = ((0, 1), (1, 2))


def psnr(first: Tensor, second: Tensor) -> float:
    return float(-10 * (first - second)[:, 8:-8, 8:-8].pow(2).mean().log10())


def test_impulse_at_red_gives_the_coefficients_of_the_paper() -> None:
    samples = torch.zeros(1, 12, 12)
    samples[0, 4, 4] = 8.0
    red, green, blue = demosaic_malvar2004(samples, RGGB)
    assert red[4, 4] == 8
    # Figure 2, top left: G at the red itself, at its green neighbours no use, at the next reds -1.
    assert (green[4, 4], green[4, 6], green[2, 4]) == (4, -1, -1)
    # Top middle and right: R at a green beside, above; 4 for the neighbour. Bottom right: B at red is 6.
    assert (red[4, 5], red[5, 4], red[5, 5]) == (4, 4, 2)
    assert (blue[4, 4], blue[4, 6]) == (6, -1.5)


def test_planes_are_reproduced_exactly(bayer: Cfa, plane: Callable[[], Tensor]) -> None:
    found = demosaic_malvar2004(mosaic(plane(), bayer), bayer)
    assert torch.allclose(found[:, 2:-2, 2:-2], plane()[:, 2:-2, 2:-2], atol=1e-6)


def test_flat_colour_stays_flat_up_to_the_border_at_every_size(bayer: Cfa, flat: Tensor) -> None:
    assert torch.allclose(demosaic_malvar2004(mosaic(flat, bayer), bayer), flat, atol=1e-6)


def test_measured_samples_are_kept_exactly(bayer: Cfa, noise: torch.Generator) -> None:
    samples = torch.rand(1, 11, 14, generator=noise)
    assert torch.equal(mosaic(demosaic_malvar2004(samples, bayer), bayer), samples)


def test_demosaicing_is_linear(noise: torch.Generator) -> None:
    first, second = torch.rand(2, 1, 16, 16, generator=noise)
    both = demosaic_malvar2004(first - 2 * second, RGGB)
    apart = demosaic_malvar2004(first, RGGB) - 2 * demosaic_malvar2004(second, RGGB)
    assert torch.allclose(both, apart, atol=1e-5)


def test_a_sample_that_is_not_finite_spoils_its_neighbours_only(noise: torch.Generator) -> None:
    samples = torch.rand(1, 16, 16, generator=noise)
    samples[0, 8, 8] = float("nan")
    spoiled = demosaic_malvar2004(samples, RGGB).isnan().any(0).nonzero()
    assert len(spoiled) > 0
    assert (spoiled - 8).abs().max() <= 2


def test_other_mosaics_are_refused(xtrans: Cfa) -> None:
    with pytest.raises(ValueError, match="takes Bayer mosaics, this is a 6x6 mosaic"):
        demosaic_malvar2004(torch.zeros(1, 12, 12), xtrans)


@pytest.mark.shared
def test_a_photograph_comes_back_at_38_dB(bayer: Cfa, shared_data: Path) -> None:
    picture = cv2.imread(str(shared_data / "photos/bsds500/100007.jpg"), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    planes = torch.from_numpy(picture.astype(np.float32).transpose(2, 0, 1) / 255)
    assert psnr(demosaic_malvar2004(mosaic(planes, bayer), bayer), planes) > 38
