"""Pixels to samples: rounding, and what is lost of each channel."""

import numpy as np
import pytest
import torch

from unveil.isp.encode.samples import NONE, clipping_words, quantise, unclipped


def test_values_are_rounded_to_the_nearest_sample() -> None:
    pixels = torch.tensor([0.0, 0.4999 / 255, 0.51 / 255, 0.5, 1.0]).expand(3, 1, -1)
    samples, below, above = quantise(pixels, 8)
    assert samples[0, :, 0].tolist() == [0, 0, 1, 128, 255]
    assert (below, above) == (NONE, NONE)


@pytest.mark.parametrize("depth", [8, 10, 12, 16])
def test_every_sample_value_comes_back(depth: int) -> None:
    top = 2**depth - 1
    values = torch.arange(top + 1, dtype=torch.float32) / top
    samples, _, _ = quantise(values.expand(3, 1, -1), depth)
    assert np.array_equal(samples[0, :, 1], np.arange(top + 1))


def test_the_share_that_is_clipped_is_counted() -> None:
    pixels = torch.full((3, 2, 5), 0.5)
    pixels[0, 0, 0], pixels[:, 1, 1] = -0.1, torch.inf
    samples, below, above = quantise(pixels, 16)
    assert below == pytest.approx((0.1, 0, 0))
    assert above == pytest.approx((0.1, 0.1, 0.1))
    assert (samples[0, 0, 0], samples[1, 1, 2]) == (0, 65535)


def test_rounding_is_not_called_clipping() -> None:
    assert quantise(torch.full((3, 2, 2), 1 + 1e-6), 16)[1:] == (NONE, NONE)


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="not numbers"):
        quantise(torch.full((3, 2, 2), torch.nan), 16)


def test_floats_of_any_range_are_kept() -> None:
    pixels = torch.rand(3, 4, 5) * 10 - 5
    assert np.array_equal(unclipped(pixels), pixels.permute(1, 2, 0).numpy())
    half = unclipped(pixels, 16)
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, pixels.permute(1, 2, 0).numpy(), rtol=1e-3)


@pytest.mark.parametrize(("value", "words"), [(torch.inf, "not numbers"), (70000.0, "use depth 32")])
def test_what_sixteen_bits_of_floating_point_cannot_hold_is_refused(value: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unclipped(torch.full((3, 2, 2), value), 16)


def test_clipping_is_told_for_each_channel() -> None:
    assert clipping_words(NONE, NONE) == "nothing clipped"
    words = clipping_words((0.0, 0.25, 0.0), (0.1, 0.0, 0.00001))
    assert words == "clipped below black: G 25.00%; above white: R 10.00%, B less than 0.01%"
