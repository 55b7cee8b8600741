"""Lossless JPEG: another decoder gives every sample back; codes are those of the standard."""

from typing import Any

import imagecodecs
import numpy as np
import pytest

from unveil.isp.dng.lossless_jpeg import LONGEST_CODE, code_lengths, encode_lossless_jpeg


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 3), (16, 24, 2), (7, 9, 4), (48, 1, 1)])
@pytest.mark.parametrize("top", [0, 1, 4095, 65535])
def test_another_decoder_gives_every_sample_back(shape: tuple[int, int, int], top: int) -> None:
    samples = np.random.default_rng(top).integers(0, top, shape, dtype=np.uint16, endpoint=True)
    again = np.asarray(imagecodecs.jpegsof3_decode(encode_lossless_jpeg(samples)))
    assert np.array_equal(again.reshape(shape), samples)


def test_every_difference_comes_back() -> None:
    steps = np.zeros((2, 65536, 1), np.uint16)
    steps[0, 1::2, 0] = np.arange(32768)
    steps[1, 1::2, 0] = np.arange(32768, 65536)
    again = np.asarray(imagecodecs.jpegsof3_decode(encode_lossless_jpeg(steps[:, :65534])))
    assert np.array_equal(again, steps[:, :65534, 0])


def test_two_colours_side_by_side_cost_little() -> None:
    samples = np.zeros((64, 64), np.uint16)
    samples[:, ::2], samples[:, 1::2] = 900, 3000
    assert len(encode_lossless_jpeg(samples.reshape(64, 32, 2))) < 0.1 * samples.nbytes


@pytest.mark.parametrize(
    "counts", [[1], [0, 5], [3, 3, 3], [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597]]
)
def test_codes_fit_sixteen_bits_and_leave_all_ones_free(counts: list[int]) -> None:
    lengths = code_lengths(counts)
    assert [length > 0 for length in lengths] == [count > 0 for count in counts]
    assert max(lengths) <= LONGEST_CODE
    assert sum(2.0**-length for length in lengths if length) < 1


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 5), np.uint16),
        np.zeros((0, 4, 1), np.uint16),
    ],
)
def test_other_samples_are_refused(samples: Any) -> None:
    with pytest.raises(ValueError, match=r"expected \(H, W, 1 to 4\) uint16"):
        encode_lossless_jpeg(samples)
