"""Linear pixels back to counts: bit for bit where nothing was changed, and every loss is told."""

import numpy as np
import pytest
import torch

from unveil.isp.dng.counts import count_colours, count_mosaic
from unveil.isp.linearize.stage import subtract_black
from unveil.pipeline.frame import Camera

LEVELS = ((60.0, 61.5), (62.0, 63.0))


@pytest.mark.parametrize("black", [((0.0,),), ((512.0,),), LEVELS])
@pytest.mark.parametrize("white", [((65535.0,),), ((16000.0, 15000.0), (15500.0, 16000.0))])
def test_every_count_comes_back(
    black: tuple[tuple[float, ...], ...], white: tuple[tuple[float, ...], ...]
) -> None:
    counts = torch.arange(65536, dtype=torch.float32).reshape(1, 128, 512)
    camera = Camera(cfa=((0, 1), (1, 2)), black=black, white=white)
    found = count_mosaic(subtract_black(counts, black, white), camera)
    assert np.array_equal(found.raw.samples, counts[0].numpy().astype(np.uint16))
    assert (found.below, found.above) == (0, 0)
    assert found.raw.white == max(level for row in white for level in row)


def test_noise_below_black_stays_and_what_16_bits_cannot_hold_is_told() -> None:
    camera = Camera(cfa=((0, 1), (1, 2)), black=((100.0,),), white=((1100.0,),))
    found = count_mosaic(torch.tensor([[[-0.05, -0.2, 1.5, 70.0]]]), camera)
    assert found.raw.samples.tolist() == [[50, 0, 1600, 65535]]
    assert (found.below, found.above, found.beyond) == (0.25, 0.25, 0.5)


def test_rounding_is_not_called_clipping() -> None:
    camera = Camera(cfa=((0, 1), (1, 2)), white=((1000.0,),))
    assert count_mosaic(torch.full((1, 4, 4), -0.0004), camera).below == 0


def test_a_monochrome_mosaic_has_no_pattern() -> None:
    assert count_mosaic(torch.zeros(1, 4, 4), Camera(cfa=((1,),), white=((9.0,),))).raw.cfa is None


def test_three_colours_of_sixteen_bits_come_back() -> None:
    counts = np.random.default_rng(1).integers(0, 65535, (9, 7, 3), dtype=np.uint16, endpoint=True)
    pixels = torch.from_numpy(counts.astype(np.float32) / 65535).permute(2, 0, 1)
    assert np.array_equal(count_colours(pixels, bounded=True).raw.samples, counts)


@pytest.mark.parametrize(("brightest", "stops"), [(0.5, 0), (1.0, 0), (1.01, 1), (2.0, 1), (5.0, 3)])
def test_a_working_space_is_made_darker_by_whole_stops(brightest: float, stops: int) -> None:
    found = count_colours(torch.full((3, 2, 2), brightest), bounded=False)
    assert (found.stops, found.above) == (stops, 0)
    assert np.unique(found.raw.samples).tolist() == [round(brightest * 65535 / 2**stops)]


def test_a_black_picture_is_not_made_darker() -> None:
    assert count_colours(torch.zeros(3, 2, 2), bounded=False).stops == 0


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    pixels = torch.full((3, 4, 4), 0.5)
    pixels[1, 2, 3] = value
    with pytest.raises(ValueError, match="not finite numbers"):
        count_colours(pixels, bounded=False)
    with pytest.raises(ValueError, match="not finite numbers"):
        count_mosaic(pixels[1:2], Camera(cfa=((0, 1), (1, 2))))


def test_a_mosaic_of_unknown_colours_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is known of the colours of its mosaic"):
        count_mosaic(torch.zeros(1, 4, 4), Camera())
