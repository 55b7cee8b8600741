"""A mosaic is packed as the release packs it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from unveil.isp.linearize.stage import subtract_black
from unveil.plugins.separation.packing import Pattern, pack, places, unpack

PATTERNS: dict[str, Pattern] = {
    "RGGB": ((0, 1), (1, 2)),
    "GRBG": ((1, 0), (2, 1)),
    "GBRG": ((1, 2), (0, 1)),
    "BGGR": ((2, 1), (1, 0)),
}
PLACES = {
    "RGGB": ((0, 0), (0, 1), (1, 0), (1, 1)),
    "GRBG": ((0, 1), (0, 0), (1, 1), (1, 0)),
    "GBRG": ((1, 0), (0, 0), (1, 1), (0, 1)),
    "BGGR": ((1, 1), (0, 1), (1, 0), (0, 0)),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_planes_are_red_first_green_second_green_blue(name: str) -> None:
    assert places(PATTERNS[name]) == PLACES[name]


@pytest.mark.parametrize("name", PATTERNS)
def test_packing_is_undone(name: str) -> None:
    mosaic = torch.arange(2 * 6 * 8.0).reshape(2, 1, 6, 8)
    assert torch.equal(unpack(pack(mosaic, PATTERNS[name]), PATTERNS[name]), mosaic)


@pytest.mark.parametrize("cfa", [((1,),), ((0, 1, 2), (1, 2, 0)), ((0, 1), (2, 3)), ((0, 0), (1, 2))])
def test_what_is_no_bayer_pattern_is_refused(cfa: Pattern) -> None:
    with pytest.raises(ValueError, match="is no Bayer pattern"):
        places(cfa)


@pytest.mark.reference
@pytest.mark.parametrize("name", PATTERNS)
def test_packing_is_the_releases(name: str, reference: Path) -> None:
    with np.load(reference / "cr3net" / "pack.npz") as held:
        mosaic = torch.from_numpy(held["mosaic"].astype(np.float32))[None, None]
        expected = torch.from_numpy(held[f"packed_{name}"])
    assert torch.equal(pack(mosaic, PATTERNS[name])[0], expected)


@pytest.mark.reference
def test_a_linear_mosaic_packs_to_the_releases_normalised_planes(reference: Path) -> None:
    with np.load(reference / "cr3net" / "pack.npz") as held:
        mosaic = torch.from_numpy(held["mosaic"].astype(np.float32))[None]
        expected = torch.from_numpy(held["normalised_RGGB_nikon"])
    linear = subtract_black(mosaic, ((400.0,),), ((16383.0,),))
    torch.testing.assert_close(pack(linear[None], PATTERNS["RGGB"])[0], expected, atol=1e-7, rtol=0)
