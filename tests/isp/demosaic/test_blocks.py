"""One pixel for each block."""

import pytest
import torch

from unveil.isp.demosaic.blocks import block_size, half, superpixel
from unveil.isp.unprocess import mosaic

Cfa = tuple[tuple[int, ...], ...]
RGGB = ((0, 1), (1, 2))
MONOCHROME = ((1,),)


def test_superpixel_averages_the_greens_of_a_cell() -> None:
    samples = torch.tensor([[[0.1, 0.4], [0.6, 0.9]]])
    assert superpixel(samples, RGGB).flatten().tolist() == pytest.approx([0.1, 0.5, 0.9])


def test_superpixel_of_xtrans_uses_blocks_of_three(xtrans: Cfa) -> None:
    picture = torch.tensor([0.2, 0.5, 0.8])[:, None, None].expand(3, 13, 12)
    found = superpixel(mosaic(picture, xtrans), xtrans)
    assert block_size(xtrans) == 3
    assert torch.allclose(found, picture[:, :4, :4])


def test_superpixel_of_monochrome_keeps_the_size(noise: torch.Generator) -> None:
    samples = torch.rand(1, 5, 7, generator=noise)
    assert torch.equal(superpixel(samples, MONOCHROME), samples.expand(3, 5, 7))


def test_half_is_superpixel_on_bayer(bayer: Cfa, noise: torch.Generator) -> None:
    samples = torch.rand(1, 9, 14, generator=noise)
    assert torch.equal(half(samples, bayer), superpixel(samples, bayer))


def test_half_of_monochrome_averages_four_samples() -> None:
    samples = torch.arange(15.0).reshape(1, 3, 5)
    assert half(samples, MONOCHROME).tolist() == [[[3.0, 5.0]]] * 3


def test_half_of_xtrans_is_refused_because_blocks_lack_colours(xtrans: Cfa) -> None:
    with pytest.raises(ValueError, match="half takes Bayer and monochrome mosaics, this is a 6x6 mosaic"):
        half(torch.zeros(1, 12, 12), xtrans)
