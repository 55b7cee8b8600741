"""What LibRaw and a DNG's own tags say about the sensor."""

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import rawpy

from unveil.isp.decode.raw import RawPicture, read_raw
from unveil.isp.dng.tags import read_dng_facts
from unveil.isp.linearize.stage import subtract_black
from unveil.isp.metadata.ifd import read_tiff_tags
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Space

ORDERS = (((0, 1), (1, 2)), ((1, 0), (2, 1)), ((1, 2), (0, 1)), ((2, 1), (1, 0)))
RGGB = ORDERS[0]
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
WHITE = (50717, 4, 1, 4095)
BLACK_2X2 = [(50713, 3, 2, (2, 2)), (50714, 5, 4, (100, 1, 110, 1, 120, 1, 130, 1))]
BLACK_CELLS = ((100.0, 110.0), (120.0, 130.0))
Cfa = tuple[tuple[int, ...], ...]


def read(source: Path) -> RawPicture:
    with source.open("rb") as file:
        tags = read_tiff_tags(file)
    assert tags is not None
    return read_raw(source, read_dng_facts(tags))


def counts(height: int = 48, width: int = 64) -> np.ndarray:
    return np.random.default_rng(7).integers(200, 4000, (height, width)).astype(np.uint16)


@pytest.mark.parametrize(("cfa", "origin"), list(product(ORDERS, [(0, 0), (2, 4), (3, 5), (1, 2)])))
def test_patterns_start_at_the_first_visible_sample(
    make_dng: Callable[..., Path], cfa: Cfa, origin: tuple[int, int]
) -> None:
    area = (50829, 4, 4, (*origin, 48, 64))
    source = make_dng(counts(), cfa=cfa, tags=[WHITE, area, *BLACK_2X2])
    picture = read(source)
    with rawpy.imread(str(source)) as raw:
        colours = np.array([0, 1, 2, 1])[raw.raw_colors_visible[:2, :2]]
        down, right = raw.sizes.top_margin - origin[0], raw.sizes.left_margin - origin[1]
        visible = np.array(raw.raw_image_visible)
    assert picture.camera.cfa == tuple(tuple(int(colour) for colour in row) for row in colours)
    assert picture.camera.black == tuple(
        tuple(BLACK_CELLS[(row + down) % 2][(column + right) % 2] for column in (0, 1)) for row in (0, 1)
    )
    assert np.array_equal(picture.pixels[0].numpy(), visible)


def test_equal_levels_become_one_cell(make_dng: Callable[..., Path]) -> None:
    picture = read(make_dng(counts(), cfa=RGGB, tags=[WHITE, (50714, 4, 1, 64)]))
    assert (picture.camera.black, picture.camera.white) == (((64.0,),), ((4095.0,),))


def test_black_patterns_larger_than_two_by_two_are_kept(make_dng: Callable[..., Path]) -> None:
    values = tuple(part for step in range(16) for part in (100 + step, 1))
    tags = [WHITE, (50713, 3, 2, (4, 4)), (50714, 5, 16, values)]
    black = read(make_dng(counts(), cfa=RGGB, tags=tags)).camera.black
    assert black == tuple(tuple(100.0 + 4 * row + column for column in range(4)) for row in range(4))


def test_offsets_of_rows_and_columns_are_taken_out(make_dng: Callable[..., Path]) -> None:
    signal = np.random.default_rng(3).integers(0, 3000, (48, 64))
    signal[0, 0] = 0
    rows, columns = np.arange(48) % 7, np.arange(64) % 5
    black = np.tile(np.array(BLACK_CELLS), (24, 32))
    samples: np.ndarray = (signal + black + rows[:, None] + columns).astype(np.uint16)
    tags = [WHITE, *BLACK_2X2, offsets(50715, columns), offsets(50716, rows)]
    picture = read(make_dng(samples, cfa=RGGB, tags=tags))
    total = black + rows[:, None] + columns
    linear = subtract_black(picture.pixels, picture.camera.black, picture.camera.white)[0].numpy()
    assert picture.camera.black == BLACK_CELLS
    assert np.abs(linear - signal / (4095 - total)).max() < 1e-6
    assert "the offsets of its rows and columns (BlackLevelDelta) are taken out" in picture.notes


def offsets(tag: int, values: np.ndarray) -> tuple[int, int, int, tuple[int, ...]]:
    return tag, 10, len(values), tuple(part for value in values for part in (int(value), 1))


def test_too_few_offsets_are_told_in_one_sentence(make_dng: Callable[..., Path]) -> None:
    source = make_dng(counts(), cfa=RGGB, tags=[WHITE, offsets(50716, np.ones(40))])
    with pytest.raises(
        FrameError, match=r"made\.dng: it has 40 row and 0 column offsets of black for 48 rows"
    ):
        read(source)


@pytest.mark.parametrize("planes", [1, 3])
def test_a_linearization_table_is_applied(make_dng: Callable[..., Path], planes: int) -> None:
    table = np.minimum(65535, np.arange(1024) ** 2 // 8 + 10)
    stored = (np.arange(48 * 64 * planes) % 1024).astype(np.uint16).reshape((48, 64, planes))
    tags = [(50717, 4, 1, 65535), (50712, 3, 1024, tuple(int(value) for value in table))]
    cfa = RGGB if planes == 1 else None
    picture = read(make_dng(stored[..., 0] if planes == 1 else stored, cfa=cfa, tags=tags))
    expected = table[stored].transpose(2, 0, 1) / (1 if planes == 1 else 65535)
    assert np.abs(picture.pixels.numpy() - expected).max() < 1e-6
    assert "its LinearizationTable is applied" in picture.notes


def test_the_longest_linearization_table_is_said(make_dng: Callable[..., Path]) -> None:
    table = tuple(65535 - value for value in range(65536))
    picture = read(make_dng(counts(), cfa=RGGB, tags=[(50717, 4, 1, 65535), (50712, 3, 65536, table)]))
    assert np.array_equal(picture.pixels[0].numpy(), 65535 - counts())
    assert "its LinearizationTable is applied" in picture.notes


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_floating_point_samples_keep_what_is_above_white(make_dng: Callable[..., Path], dtype: type) -> None:
    samples: np.ndarray = (np.random.default_rng(5).random((48, 64)) * 3).astype(dtype)
    picture = read(make_dng(samples, cfa=RGGB, tags=[(50714, 11, 1, 0.125), (50717, 4, 1, 1)]))
    linear = subtract_black(picture.pixels, picture.camera.black, picture.camera.white)[0].numpy()
    assert np.abs(linear - (samples.astype(np.float64) - 0.125) / 0.875).max() < 1e-5
    assert picture.camera.white == ((16383.0,),)


def test_three_planes_of_floating_point_are_read(make_dng: Callable[..., Path]) -> None:
    samples = (np.random.default_rng(5).random((48, 64, 3)) * 2).astype(np.float32)
    picture = read(make_dng(samples, tags=[(50717, 4, 3, (1, 1, 1))]))
    assert np.abs(picture.pixels.numpy() - samples.transpose(2, 0, 1)).max() < 1e-5


def test_floating_point_samples_that_are_no_numbers_are_refused(make_dng: Callable[..., Path]) -> None:
    samples = np.ones((48, 64), np.float32)
    samples[3, 4] = np.nan
    with pytest.raises(FrameError, match=r"made\.dng: holds samples that are not numbers"):
        read(make_dng(samples, cfa=RGGB, tags=[(50717, 4, 1, 1)]))


def test_the_crop_of_the_maker_is_the_files_own(make_dng: Callable[..., Path]) -> None:
    area, crop = (50829, 4, 4, (2, 4, 46, 60)), [(50719, 4, 2, (3, 5)), (50720, 4, 2, (40, 30))]
    assert read(make_dng(counts(), cfa=RGGB, tags=[WHITE, area, *crop])).camera.crop == (5, 3, 30, 40)


def test_a_crop_outside_the_picture_is_none(make_dng: Callable[..., Path]) -> None:
    crop = [(50719, 4, 2, (30, 5)), (50720, 4, 2, (40, 30))]
    assert read(make_dng(counts(), cfa=RGGB, tags=[WHITE, *crop])).camera.crop is None


def test_patterns_of_black_of_three_planes_are_kept(make_dng: Callable[..., Path]) -> None:
    samples = np.stack([counts()] * 3, axis=-1)
    tags = [(50717, 4, 3, (4095, 4095, 4095)), (50713, 3, 2, (2, 2)), (50714, 3, 12, tuple(range(100, 112)))]
    black = np.tile(np.arange(100, 112).reshape(2, 2, 3), (24, 32, 1))
    expected = ((samples - black) / (4095 - black)).transpose(2, 0, 1)
    assert np.abs(read(make_dng(samples, tags=tags)).pixels.numpy() - expected).max() < 1e-6


@pytest.mark.parametrize(
    ("cfa", "sentence"),
    [
        (
            ((0, 0, 1, 1), (0, 0, 1, 1), (1, 1, 2, 2), (1, 1, 2, 2)),
            "Bayer (2x2), X-Trans (6x6) and monochrome",
        ),
        (((0, 1, 2),), "Bayer (2x2), X-Trans (6x6) and monochrome can be read: convert it to a linear DNG"),
        (((1, 3), (4, 5)), "LibRaw takes its mosaic of four colours for another than CFAPattern and"),
        (((0, 1), (1, 3)), "its mosaic has the colours 0, 1, 3 of CFAPattern"),
    ],
)
def test_mosaics_that_libraw_would_mistake_are_refused(
    make_dng: Callable[..., Path], cfa: Cfa, sentence: str
) -> None:
    with pytest.raises(FrameError, match=re.escape(sentence)):
        read(make_dng(counts(), cfa=cfa, tags=[WHITE]))


def test_staggered_mosaics_are_refused(make_dng: Callable[..., Path]) -> None:
    with pytest.raises(FrameError, match=r"its mosaic is staggered \(CFALayout 2\)"):
        read(make_dng(counts(), cfa=RGGB, tags=[WHITE, (50711, 3, 1, 2)]))


def test_corrections_that_the_file_asks_for_are_said_not_to_be_applied(make_dng: Callable[..., Path]) -> None:
    picture = read(make_dng(counts(), cfa=RGGB, tags=[WHITE, (51022, 7, 4, bytes(4))]))
    assert "the DNG asks for corrections (OpcodeList3); they are not applied" in picture.notes


def test_xtrans_is_a_six_by_six_mosaic(make_dng: Callable[..., Path]) -> None:
    picture = read(make_dng(counts(), cfa=XTRANS, tags=[WHITE]))
    assert picture.space is Space.CFA
    assert picture.camera.cfa == XTRANS


def test_monochrome_is_a_mosaic_of_one_cell(make_dng: Callable[..., Path]) -> None:
    samples = counts()
    picture = read(make_dng(samples, tags=[WHITE]))
    assert picture.space is Space.CFA
    assert picture.camera.cfa == ((1,),)
    assert np.array_equal(picture.pixels[0].numpy(), samples)
    assert picture.notes == ("monochrome, 64x48, black 0, white 4095",)


def test_three_colours_are_linear_with_the_levels_of_each_plane(make_dng: Callable[..., Path]) -> None:
    samples = np.stack([counts(), counts() + 50, counts() + 70], axis=-1)
    tags = [(50717, 4, 3, (4095, 4000, 3900)), (50714, 3, 3, (100, 110, 120))]
    picture = read(make_dng(samples, tags=tags))
    black, white = np.array([100, 110, 120]), np.array([4095, 4000, 3900])
    expected = ((samples - black) / (white - black)).transpose(2, 0, 1)
    assert picture.space is Space.CAMERA_RGB
    assert picture.camera.cfa is None
    assert np.abs(picture.pixels.numpy() - expected).max() < 1e-6
    assert "black 100 to 120, white 3900 to 4095 applied" in picture.notes[0]


def test_as_shot_neutral_becomes_multipliers_with_green_one(make_dng: Callable[..., Path]) -> None:
    picture = read(make_dng(counts(), cfa=RGGB, tags=[WHITE], neutral=(0.5, 1.0, 0.8)))
    assert picture.camera.white_balance == pytest.approx((2.0, 1.0, 1.25))


def test_a_neutral_of_ones_is_no_white_balance(make_dng: Callable[..., Path]) -> None:
    picture = read(make_dng(counts(), cfa=RGGB, tags=[WHITE], neutral=(1.0, 1.0, 1.0)))
    assert picture.camera.white_balance is None
    assert any(note.startswith("no usable as-shot white balance") for note in picture.notes)


def test_a_file_of_zeros_holds_no_picture(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.zeros((48, 64), np.uint16), cfa=RGGB, tags=[WHITE])
    with pytest.raises(FrameError, match=r"made\.dng: holds no picture: every sample is 0"):
        read(source)


def test_a_truncated_file_is_damaged(make_dng: Callable[..., Path]) -> None:
    source = make_dng(counts(480, 640), cfa=RGGB, tags=[WHITE])
    source.write_bytes(source.read_bytes()[:100000])
    with pytest.raises(FrameError, match=r"made\.dng: truncated or damaged: LibRaw stopped"):
        read(source)


@pytest.mark.shared
def test_the_table_of_libraw_is_taken_as_daylight(shared_data: Path) -> None:
    camera = read_raw(shared_data / "raw/canon_eos_d30.crw").camera
    ((temperature, matrix),) = camera.xyz_to_camera
    assert temperature == 6504
    assert matrix[0] == pytest.approx((0.99, -0.2771, -0.1324), abs=1e-4)
    assert camera.black == ((127.0, 128.0), (128.0, 128.0))
