"""OpenCV's edge-aware interpolation on float mosaics."""

import pytest
import torch
from torch import Tensor

from unveil.isp.demosaic.edge_aware import demosaic_edge_aware
from unveil.isp.unprocess import mosaic

Cfa = tuple[tuple[int, ...], ...]


def test_every_order_has_its_colours_and_its_measured_samples_up_to_the_border(
    bayer: Cfa, noise: torch.Generator
) -> None:
    samples = torch.rand(1, 21, 16, generator=noise) * 3 - 1
    found = demosaic_edge_aware(samples, bayer)
    assert (mosaic(found, bayer) - samples).abs().max() < 0.51 * 3 / 65535


def test_flat_colour_stays_flat_up_to_the_border_at_every_size(bayer: Cfa, flat: Tensor) -> None:
    assert torch.allclose(demosaic_edge_aware(mosaic(flat, bayer), bayer), flat, atol=1e-5)


def test_nothing_leaves_the_range_of_the_mosaic(bayer: Cfa, noise: torch.Generator) -> None:
    samples = torch.rand(1, 32, 32, generator=noise) * 2 - 0.5
    found = demosaic_edge_aware(samples, bayer)
    assert found.min() >= samples.min() - 1e-6
    assert found.max() <= samples.max() + 1e-6


def test_green_follows_stripes_along_and_across(bayer: Cfa) -> None:
    stripes = torch.tensor([0.2, 0.8, 0.5, 0.9, 0.1, 0.4]).repeat(4)[:, None].expand(24, 24)
    for picture in (stripes.expand(3, 24, 24), stripes.T.expand(3, 24, 24)):
        green = demosaic_edge_aware(mosaic(picture, bayer), bayer)[1]
        assert torch.allclose(green[1:-1, 1:-1], picture[1, 1:-1, 1:-1], atol=1e-4)


def test_other_mosaics_are_refused(xtrans: Cfa) -> None:
    with pytest.raises(ValueError, match="takes Bayer mosaics, this is a 6x6 mosaic"):
        demosaic_edge_aware(torch.zeros(1, 12, 12), xtrans)


def test_samples_that_are_not_finite_are_refused() -> None:
    samples = torch.zeros(1, 8, 8)
    samples[0, 4, 4] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        demosaic_edge_aware(samples, ((0, 1), (1, 2)))
