"""The raw picture of a DNG: tiles where they pay, strips where they do not."""

from typing import Any

import numpy as np
import pytest

from unveil.isp.dng.raw import (
    COMPRESSION,
    STRIP_OFFSETS,
    TILE_LENGTH,
    TILE_OFFSETS,
    TILE_WIDTH,
    RawSamples,
    raw_picture,
)
from unveil.isp.metadata.ifd_write import LONG, SHORT, integers

BAYER = ((0, 1), (1, 2))


def raw(samples: np.ndarray, **more: Any) -> RawSamples:
    given: dict[str, Any] = {"cfa": BAYER, "black": ((0.0,),), "white": 65535.0}
    return RawSamples(samples=samples, **{**given, **more})


def ramp(height: int, width: int) -> np.ndarray:
    return (np.arange(height)[:, None] + np.arange(width)).astype(np.uint16)


def test_smooth_samples_become_tiles_no_wider_than_the_picture() -> None:
    entries = raw_picture(raw(ramp(100, 200))).entries
    assert integers(COMPRESSION, SHORT, 7) in entries
    assert integers(TILE_WIDTH, LONG, 192) in entries
    assert integers(TILE_LENGTH, LONG, 112) in entries


@pytest.mark.parametrize("side", [1, 15])
def test_a_narrow_picture_becomes_strips(side: int) -> None:
    assert not raw_picture(raw(ramp(64, side))).tiled


def test_noise_of_sixteen_bits_is_not_compressed_to_more_than_it_was() -> None:
    noise = np.random.default_rng(2).integers(0, 65535, (64, 64), dtype=np.uint16)
    picture = raw_picture(raw(noise))
    assert (picture.tiled, b"".join(picture.pieces)) == (False, noise.tobytes())


def test_no_compression_can_be_asked_for() -> None:
    samples = np.repeat(ramp(70, 48)[..., None], 3, axis=2)
    picture = raw_picture(raw(samples, cfa=None), "none")
    assert [len(piece) for piece in picture.pieces] == [64 * 48 * 6, 6 * 48 * 6]
    assert integers(COMPRESSION, SHORT, 1) in picture.entries


def test_pieces_stand_one_after_the_other() -> None:
    picture = raw_picture(raw(ramp(130, 16)), "none")
    assert integers(STRIP_OFFSETS, LONG, 10, 10 + 64 * 32, 10 + 128 * 32) in picture.placed(10)
    tiles = raw_picture(raw(ramp(480, 960)))
    first = len(tiles.pieces[0])
    assert first % 2 == 0
    assert integers(TILE_OFFSETS, LONG, 8, 8 + first) in tiles.placed(8)


@pytest.mark.parametrize("cfa", [((0, 1), (1,)), ((0, 1), (1, 1)), ((0, 1, 2),) * 3])
def test_other_patterns_are_refused(cfa: Any) -> None:
    with pytest.raises(ValueError, match="2x2 or 6x6 cells"):
        raw_picture(raw(ramp(16, 16), cfa=cfa))
