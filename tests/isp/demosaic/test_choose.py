"""Which way a mosaic is demosaiced."""

from pathlib import Path
from typing import get_args

import pytest
import torch

from unveil.isp.demosaic.choose import LIBRAW, Values, choose
from unveil.isp.parameters.demosaic import Algorithm
from unveil.isp.unprocess import mosaic
from unveil.pipeline.errors import FrameError

Cfa = tuple[tuple[int, ...], ...]
RGGB = ((0, 1), (1, 2))
VALUES: tuple[Values, ...] = ("light", "display")
ALL: tuple[str, ...] = get_args(Algorithm)
BAYER_ONLY = ("pekkucuksen2010", "menon2007", "malvar2004", "ea", "ahd", "dht", "aahd", "ppg", "half")
SOURCE = Path("a.dng")


@pytest.mark.parametrize("name", ALL)
def test_every_algorithm_of_the_recipe_takes_bayer(name: str, bayer: Cfa) -> None:
    assert choose(SOURCE, bayer, name).words


@pytest.mark.parametrize("name", BAYER_ONLY)
def test_what_takes_bayer_only_says_so_on_xtrans(name: str, xtrans: Cfa) -> None:
    words = rf"its mosaic is 6x6 mosaic and {name} takes Bayer only; use demosaic\.algorithm: auto, libraw, vng or"
    with pytest.raises(FrameError, match=words):
        choose(SOURCE, xtrans, name)


@pytest.mark.parametrize("name", sorted(set(ALL) - set(BAYER_ONLY)))
def test_the_others_take_xtrans(name: str, xtrans: Cfa) -> None:
    assert choose(SOURCE, xtrans, name).words.startswith("6x6 mosaic by ")


def test_auto_says_what_it_chose(xtrans: Cfa) -> None:
    assert choose(SOURCE, RGGB, "auto").words == "RGGB by pekkucuksen2010 on display values (chosen by auto)"
    assert (
        choose(SOURCE, xtrans, "auto").words
        == "6x6 mosaic by LibRaw (16-bit steps) on light (chosen by auto)"
    )
    assert choose(SOURCE, RGGB, "menon2007", "light").words == "RGGB by menon2007 on light"


@pytest.mark.parametrize("name", sorted(set(ALL) - set(LIBRAW)))
def test_layers_and_picture_get_one_size(name: str, bayer: Cfa, noise: torch.Generator) -> None:
    way = choose(SOURCE, bayer, name)
    picture, layer = torch.rand(2, 1, 13, 18, generator=noise)
    assert way.linear(layer, picture).shape == way.picture(picture).shape
    assert way.picture(picture).shape[1:] == (13 // way.block, 18 // way.block)


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("name", sorted(set(ALL) - set(LIBRAW)))
def test_a_way_is_exact_where_the_picture_is_interpolated_linearly(
    name: str, values: Values, noise: torch.Generator
) -> None:
    way = choose(SOURCE, RGGB, name, values)
    picture = torch.rand(1, 26, 30, generator=noise)
    assert way.exact == torch.allclose(way.linear(picture, picture), way.picture(picture), atol=1e-6)


@pytest.mark.parametrize("name", ["pekkucuksen2010", "menon2007", "malvar2004", "ea"])
def test_interpolating_display_values_leaves_measured_samples(name: str, noise: torch.Generator) -> None:
    samples = torch.rand(1, 26, 30, generator=noise) * 2 - 0.2
    light, display = (choose(SOURCE, RGGB, name, values).picture(samples) for values in VALUES)
    assert (mosaic(display, RGGB) - samples).abs().max() < 1e-4
    assert (light - display).abs().max() > 0.01


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("name", ["auto", "menon2007", "malvar2004", "ea", *LIBRAW])
def test_the_way_of_layers_is_linear_and_keeps_what_was_measured(
    name: str, values: Values, noise: torch.Generator
) -> None:
    way = choose(SOURCE, RGGB, name, values)
    picture, first, second = torch.rand(3, 1, 26, 30, generator=noise)
    both = way.linear(first + second, picture)
    assert torch.allclose(both, way.linear(first, picture) + way.linear(second, picture), atol=1e-5)
    assert torch.equal(mosaic(both, RGGB), first + second)


def test_layers_of_xtrans_are_linear_and_keep_what_was_measured(xtrans: Cfa, noise: torch.Generator) -> None:
    way = choose(SOURCE, xtrans, "auto")
    picture, first, second = torch.rand(3, 1, 26, 30, generator=noise)
    both = way.linear(first + second, picture)
    assert torch.allclose(both, way.linear(first, picture) + way.linear(second, picture), atol=1e-5)
    assert torch.equal(mosaic(both, xtrans), first + second)


def test_monochrome_is_copied_and_half_averages(noise: torch.Generator) -> None:
    samples = torch.rand(1, 6, 5, generator=noise)
    for name in ALL:
        found = choose(SOURCE, ((1,),), name).picture(samples)
        assert found.shape == ((3, 3, 2) if name == "half" else (3, 6, 5))
        assert torch.equal(found[0], found[2])
