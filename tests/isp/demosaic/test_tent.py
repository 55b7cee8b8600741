"""Linear interpolation of any mosaic."""

import torch
from torch import Tensor

from unveil.isp.cfa import colour_index
from unveil.isp.demosaic.tent import interpolate_tent
from unveil.isp.unprocess import mosaic

Cfa = tuple[tuple[int, ...], ...]


def interpolate(samples: Tensor, cfa: Cfa) -> Tensor:
    return interpolate_tent(samples, colour_index(cfa, *samples.shape[1:]).numpy())


def test_flat_colour_stays_flat_up_to_the_border(bayer: Cfa, flat: Tensor) -> None:
    assert torch.allclose(interpolate(mosaic(flat, bayer), bayer), flat, atol=1e-6)


def test_flat_colour_stays_flat_on_xtrans(xtrans: Cfa) -> None:
    flat = torch.tensor([0.2, -0.5, 0.8])[:, None, None].expand(3, 25, 31)
    assert torch.allclose(interpolate(mosaic(flat, xtrans), xtrans), flat, atol=1e-6)


def test_it_is_linear_and_keeps_measured_samples(xtrans: Cfa, noise: torch.Generator) -> None:
    first, second = torch.rand(2, 1, 20, 22, generator=noise)
    both = interpolate(first - 2 * second, xtrans)
    assert torch.allclose(both, interpolate(first, xtrans) - 2 * interpolate(second, xtrans), atol=1e-5)
    assert torch.equal(mosaic(both, xtrans), first - 2 * second)


def test_nearer_samples_weigh_more() -> None:
    rggb = ((0, 1), (1, 2))
    samples = torch.zeros(1, 12, 12)
    samples[0, 4, 4] = 1.0
    red = interpolate(samples, rggb)[0]
    # Beside it, in its row: two reds in the row at distance 1, four at a row's distance of 2: 6 / (2 * 6 + 4 * 2).
    assert red[4, 5] == torch.tensor(6 / 20)
    assert red[5, 5] == torch.tensor(1 / 4)
