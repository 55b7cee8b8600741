"""Black levels of repeating patterns arrive exactly: a DNG's from its tags, others' from LibRaw's own development."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rawpy

from unveil.isp.decode.black_pattern import probe_black, smallest_period
from unveil.isp.decode.raw import read_raw
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Decode, Linearize
from unveil.pipeline.frame import Frame

Maker = Callable[..., Path]
RGGB = ((0, 1), (1, 2))
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
SHAPES = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 5), (4, 4), (6, 6), (8, 8), (7, 3)]
WHITE = 4095
Tag = tuple[int, int, int, tuple[int, ...]]


def levels(rows: int, columns: int, planes: int = 1) -> np.ndarray:
    """Black levels with nothing alike in them, (rows, columns, planes)."""
    return 100 + 3 * np.arange(rows * columns * planes).reshape(rows, columns, planes)


def pattern_tags(black: np.ndarray) -> list[Tag]:
    flat = tuple(part for value in black.ravel() for part in (int(value), 1))
    return [(50713, 3, 2, black.shape[:2]), (50714, 5, black.size, flat)]


def offsets(tag: int, values: np.ndarray) -> Tag:
    return tag, 10, len(values), tuple(part for value in values for part in (int(value), 2))


@pytest.mark.parametrize("planes", [0, 1, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_written_into_a_dng_is_black(make_dng: Maker, shape: tuple[int, int], planes: int) -> None:
    top, left, height, width = 3, 5, 48, 60
    black = levels(*shape, 3 if planes == 3 else 1)
    rows, columns = np.arange(height) % 7 - 3, np.arange(width) % 5 - 2
    whole = np.resize(np.tile(black, (height, width, 1))[:height, :width], (height, width, black.shape[2]))
    floor = whole + rows[:, None, None] / 2 + columns[None, :, None] / 2
    signal = np.random.default_rng(3).integers(0, 2500, floor.shape)
    samples = np.zeros((height + top, width + left, black.shape[2]), np.uint16)
    samples[top:, left:] = np.round(floor + signal)
    tags = [
        (50717, 4, 1, WHITE) if planes != 3 else (50717, 4, 3, (WHITE,) * 3),
        (50829, 4, 4, (top, left, top + height, left + width)),
        *pattern_tags(black),
        offsets(50715, columns),
        offsets(50716, rows),
    ]
    source = make_dng(
        samples if planes == 3 else samples[..., 0], cfa=RGGB if planes == 0 else None, tags=tags
    )
    frame = LinearizeStage(Linearize(highlights="keep"))(DecodeStage(Decode(), "cpu")(Frame(source=source)))
    with rawpy.imread(str(source)) as raw:
        down, right = raw.sizes.top_margin - top, raw.sizes.left_margin - left
    expected = ((samples[top:, left:] - floor) / (WHITE - floor))[down:, right:].transpose(2, 0, 1)
    found = frame.image().numpy()
    assert np.abs(found - expected[:, : found.shape[1], : found.shape[2]]).max() < 2e-6


@pytest.mark.parametrize(("cfa", "shape"), [(RGGB, (2, 2)), (RGGB, (4, 4)), (RGGB, (8, 8)), (XTRANS, (6, 6))])
def test_libraw_shows_its_pattern(
    make_dng: Maker, cfa: tuple[tuple[int, ...], ...], shape: tuple[int, int]
) -> None:
    black = levels(*shape)
    samples = np.full((540, 560), 3000, np.uint16)
    source = make_dng(samples, cfa=cfa, tags=[(50717, 4, 1, WHITE), *pattern_tags(black)])
    with rawpy.imread(str(source)) as raw:
        assert probe_black(raw) == tuple(tuple(float(value) for value in row) for row in black[..., 0])


def test_x_trans_without_tags_of_its_own_gets_the_pattern_of_libraw(make_dng: Maker) -> None:
    samples = np.random.default_rng(5).integers(300, 4000, (540, 560)).astype(np.uint16)
    source = make_dng(samples, cfa=XTRANS, tags=[(50717, 4, 1, WHITE), *pattern_tags(levels(6, 6))])
    picture = read_raw(source)
    assert picture.camera.black == tuple(map(tuple, levels(6, 6)[..., 0].astype(float).tolist()))
    assert np.array_equal(picture.pixels[0].numpy(), samples)


def test_pictures_too_small_for_it_tell_nothing(make_dng: Maker) -> None:
    source = make_dng(np.full((90, 100), 3000, np.uint16), cfa=RGGB, tags=[(50717, 4, 1, WHITE)])
    with rawpy.imread(str(source)) as raw:
        assert probe_black(raw) is None


def test_the_smallest_pattern_is_found() -> None:
    cell = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert smallest_period(np.tile(cell, (12, 8))) == ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    assert smallest_period(np.full((24, 24), 7.0)) == ((7.0,),)


@pytest.mark.shared
def test_the_levels_of_a_real_file_are_those_that_libraw_tells(shared_data: Path) -> None:
    with rawpy.imread(str(shared_data / "raw/canon_eos_d30.crw")) as raw:
        assert probe_black(raw) == ((127.0, 128.0), (128.0, 128.0))
