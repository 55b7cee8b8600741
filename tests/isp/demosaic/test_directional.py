"""What the directional algorithms share."""

import pytest
import torch
from torch import Tensor

from unveil.isp.demosaic import directional
from unveil.isp.demosaic.choose import DIRECTIONAL
from unveil.isp.demosaic.directional import COLUMNS, ROWS, at_colours, both_sides, hamilton_adams

Cfa = tuple[tuple[int, ...], ...]
RGGB = ((0, 1), (1, 2))


@pytest.mark.parametrize("name", DIRECTIONAL)
def test_tiles_leave_no_trace(
    name: str, bayer: Cfa, noise: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, guide = torch.rand(2, 1, 67, 51, generator=noise)
    whole = DIRECTIONAL[name](samples, bayer, guide)
    monkeypatch.setattr(directional, "TILE", 16)
    assert torch.allclose(DIRECTIONAL[name](samples, bayer, guide), whole, atol=1e-7, rtol=0)


@pytest.mark.parametrize("name", DIRECTIONAL)
def test_a_mosaic_of_the_opposite_order_gives_the_opposite_colours(name: str, noise: torch.Generator) -> None:
    samples = torch.rand(1, 30, 28, generator=noise)
    found = DIRECTIONAL[name](samples, RGGB, None)
    turned = DIRECTIONAL[name](samples.flip(1, 2), ((2, 1), (1, 0)), None).flip(1, 2)
    assert torch.allclose(found, turned, atol=1e-6)


@pytest.mark.parametrize("name", DIRECTIONAL)
def test_other_mosaics_and_guides_are_refused(name: str, xtrans: Cfa) -> None:
    with pytest.raises(ValueError, match=f"{name} takes Bayer mosaics, this is a 6x6 mosaic"):
        DIRECTIONAL[name](torch.zeros(1, 12, 12), xtrans, None)
    with pytest.raises(ValueError, match=r"the mosaic is \(1, 12, 12\), its guide \(1, 12, 10\)"):
        DIRECTIONAL[name](torch.zeros(1, 12, 12), RGGB, torch.zeros(1, 12, 10))


@pytest.mark.parametrize("way", [ROWS, COLUMNS])
def test_hamilton_adams_has_the_coefficients_of_the_patent(way: int) -> None:
    impulse = torch.zeros(9, 9)
    impulse[4, 4] = 1.0
    found = hamilton_adams(impulse, way)
    line = found[:, 4] if way == ROWS else found[4]
    assert line.tolist() == [0, 0, -0.25, 0.5, 0.5, 0.5, -0.25, 0, 0]


def test_neighbours_are_added_and_colours_replaced() -> None:
    plane = torch.arange(36.0).reshape(6, 6)
    assert both_sides(plane, COLUMNS)[2, 2] == 13 + 15
    assert both_sides(plane, ROWS, 2)[2, 2] == 2 + 26
    mixed: Tensor = at_colours(plane, torch.full((6, 6), -1.0))
    assert (mixed == -1).sum() == 18
    assert mixed[0, 0] == mixed[1, 1] == -1
    assert mixed[0, 1] == plane[0, 1]
