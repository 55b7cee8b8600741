"""Patterns of the colour filter array."""

import pytest
import torch

from unveil.isp.cfa import (
    block_side,
    colour_index,
    colour_masks,
    describe_pattern,
    is_bayer,
    is_monochrome,
    tile_pattern,
)

RGGB = ((0, 1), (1, 2))
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)


def test_colour_index_repeats_the_pattern_over_odd_sizes() -> None:
    expected = torch.tensor([[0, 1, 0], [1, 2, 1], [0, 1, 0]])
    assert torch.equal(colour_index(RGGB, 3, 3), expected)


@pytest.mark.parametrize("cfa", [RGGB, XTRANS, ((1,),)])
def test_every_sample_has_exactly_one_colour(cfa: tuple[tuple[int, ...], ...]) -> None:
    masks = colour_masks(cfa, 13, 11)
    assert masks.shape == (3, 13, 11)
    assert torch.equal(masks.sum(0), torch.ones(13, 11, dtype=torch.int64))


def test_xtrans_has_twenty_greens_and_eight_of_each_other_colour() -> None:
    assert colour_masks(XTRANS, 6, 6).sum((1, 2)).tolist() == [8, 20, 8]


def test_tiles_may_be_rectangular() -> None:
    tiled = tile_pattern([[1.0, 2.0, 3.0]], 2, 4, torch.zeros(1))
    assert tiled.tolist() == [[1, 2, 3, 1], [1, 2, 3, 1]]


@pytest.mark.parametrize(
    ("cfa", "bayer"),
    [
        (RGGB, True),
        (((1, 0), (2, 1)), True),
        (((1, 2), (0, 1)), True),
        (((2, 1), (1, 0)), True),
        (((0, 1), (2, 1)), False),
        (((0, 1), (1, 1)), False),
        (((1,),), False),
        (XTRANS, False),
    ],
)
def test_only_the_four_orders_are_bayer(cfa: tuple[tuple[int, ...], ...], bayer: bool) -> None:
    assert is_bayer(cfa) is bayer


def test_patterns_are_described_in_words() -> None:
    assert [describe_pattern(cfa) for cfa in (RGGB, XTRANS, ((1,),))] == ["RGGB", "6x6 mosaic", "monochrome"]
    assert is_monochrome(((1,),))
    assert not is_monochrome(RGGB)


@pytest.mark.parametrize(("cfa", "side"), [(RGGB, 2), (XTRANS, 3), (((1,),), 1), (((0, 1, 2),), 3)])
def test_blocks_hold_every_colour(cfa: tuple[tuple[int, ...], ...], side: int) -> None:
    assert block_side(cfa) == side
