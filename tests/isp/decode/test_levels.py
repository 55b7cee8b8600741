"""Levels and areas of a DNG, from its own tags."""

import math

import pytest
import torch

from unveil.isp.decode.levels import read_dng_levels, shift, take_off_offsets

BLACK = ((100.0, 110.0), (120.0, 130.0))


def test_a_file_without_levels_has_none() -> None:
    levels = read_dng_levels({})
    assert (levels.black, levels.white, levels.crop, levels.fine) == ((), (), None, False)
    assert levels.plane(2) == ((0.0,),)


def test_patterns_of_three_planes_are_taken_apart() -> None:
    levels = read_dng_levels({50713: (2, 2), 50714: tuple(range(100, 112))})
    assert levels.plane(0) == ((100, 103), (106, 109))
    assert levels.plane(2) == ((102, 105), (108, 111))
    assert levels.fine


def test_one_level_serves_all_planes() -> None:
    levels = read_dng_levels({50714: (64,)})
    assert levels.plane(0) == levels.plane(2) == ((64.0,),)
    assert not levels.fine


@pytest.mark.parametrize(
    "raw", [{50713: (2, 2), 50714: (1, 2, 3)}, {50714: (float("nan"),)}, {50713: (0, 2)}]
)
def test_impossible_levels_are_left_out(raw: dict[int, tuple[float, ...]]) -> None:
    assert read_dng_levels(raw).black == ()


def test_the_crop_is_row_column_height_width() -> None:
    assert read_dng_levels({50719: (3, 5), 50720: (40, 30)}).crop == (5, 3, 30, 40)
    assert read_dng_levels({50719: (3, 5), 50720: (0, 30)}).crop is None


def test_the_second_list_of_corrections_of_a_lossy_file_is_its_curve() -> None:
    assert read_dng_levels({259: (34892,), 51009: (b"x",), 51022: (b"x",)}).opcodes == ("OpcodeList3",)
    assert read_dng_levels({259: (7,), 51009: (b"x",)}).opcodes == ("OpcodeList2",)


def test_patterns_shift_round() -> None:
    assert shift(BLACK, 1, 0) == ((120.0, 130.0), (100.0, 110.0))
    assert shift(BLACK, 2, 3) == ((110.0, 100.0), (130.0, 120.0))
    assert shift(BLACK, -1, -1) == ((130.0, 120.0), (110.0, 100.0))


def test_offsets_are_taken_out_and_saturation_stays() -> None:
    rows, columns = (0.0, 2.0, 4.0), (1.0, -1.0, 5.0, 0.0)
    offset = torch.tensor(rows)[:, None] + torch.tensor(columns)
    low = torch.tensor(BLACK).repeat(2, 2)[:3]
    dark = take_off_offsets((low + offset)[None], BLACK, 1000.0, rows, columns)
    full = take_off_offsets(torch.full((1, 3, 4), 1000.0), BLACK, 1000.0, rows, columns)
    assert torch.allclose(dark[0], low)
    assert torch.allclose(full, torch.full((1, 3, 4), 1000.0))


def test_offsets_scale_with_the_counts() -> None:
    counts = torch.arange(12.0).reshape(1, 3, 4) * 50
    once = take_off_offsets(counts, BLACK, 1000.0, (1.0, 2.0, 3.0), ())
    black = tuple(tuple(4 * value for value in row) for row in BLACK)
    assert torch.allclose(take_off_offsets(counts * 4, black, 4000.0, (4.0, 8.0, 12.0), ()), once * 4)


def test_samples_that_are_no_numbers_stay_where_they_are() -> None:
    counts = torch.full((1, 2, 2), 500.0)
    counts[0, 0, 0], counts[0, 1, 1] = math.nan, math.inf
    found = take_off_offsets(counts, ((0.0,),), 1000.0, (1.0, 1.0), ())
    assert found.isfinite().tolist() == [[[False, True], [True, False]]]


def test_offsets_of_another_number_of_rows_are_refused() -> None:
    with pytest.raises(
        ValueError, match="it has 3 row and 0 column offsets of black for 2 rows and 2 columns"
    ):
        take_off_offsets(torch.zeros(1, 2, 2), BLACK, 1000.0, (1.0, 2.0, 3.0), ())


def test_offsets_that_reach_white_are_refused() -> None:
    with pytest.raises(ValueError, match="black with its offsets reaches the white level 200"):
        take_off_offsets(torch.zeros(1, 2, 2), BLACK, 200.0, (100.0, 0.0), ())
