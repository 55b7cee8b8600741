"""Tiles cover a picture and leave no seam."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from unveil.plugins.separation.tiles import in_tiles, starts


@pytest.mark.parametrize("length", [1, 63, 64, 65, 127, 128, 129, 500, 512, 513, 4000])
@pytest.mark.parametrize("side", [64, 65, 128, 512])
def test_tiles_cover_a_side_and_overlap(length: int, side: int) -> None:
    found = starts(length, side)
    assert found[0] == 0
    assert found[-1] == max(0, length - side)
    shared = [a + side - b for a, b in pairwise(found)]
    assert all(pixels >= min(64, side // 2) - 1 for pixels in shared)


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (65, 200), (300, 70), (130, 130)])
def test_a_pointwise_change_is_the_same_in_tiles(noise: torch.Generator, size: tuple[int, int]) -> None:
    picture = torch.rand(1, 3, *size, generator=noise)
    answer, tiles = in_tiles(lambda x: x * 2 - 0.5, picture, 64)
    torch.testing.assert_close(answer, picture * 2 - 0.5, atol=1e-6, rtol=0)
    assert (tiles == 1) == (max(size) <= 64)


def test_zero_never_cuts(noise: torch.Generator) -> None:
    seen: list[tuple[int, ...]] = []

    def look(x: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(x.shape))
        return x

    in_tiles(look, torch.rand(1, 3, 70, 900, generator=noise), 0)
    assert seen == [(1, 3, 70, 900)]


def test_a_seam_is_faded() -> None:
    values = iter([0.0, 1.0])
    answer, _ = in_tiles(lambda x: torch.full_like(x, next(values)), torch.zeros(1, 3, 8, 160), 128)
    steps = answer[0, 0, 0].diff().abs()
    assert float(steps.max()) < 0.05
    assert float(answer[..., 0].max()) == 0
    assert float(answer[..., -1].min()) == 1


@pytest.mark.parametrize("batch", [1, 3])
def test_tiles_that_overlap_by_their_reach_give_the_answer_of_the_whole(
    noise: torch.Generator, batch: int
) -> None:
    kernel = torch.rand(3, 1, 13, 13, generator=noise) / 169
    picture = torch.rand(1, 3, 208, 336, generator=noise)

    def look(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.conv2d(x, kernel, padding=6, groups=3)

    answer, tiles = in_tiles(look, picture, 96, overlap=28, margin=6, step=16, batch=batch)
    assert tiles > 4
    torch.testing.assert_close(answer, look(picture), atol=1e-6, rtol=0)


@pytest.mark.parametrize("length", [96, 112, 480, 4000])
@pytest.mark.parametrize("step", [8, 16])
def test_tiles_start_at_multiples_and_keep_their_overlap(length: int, step: int) -> None:
    found = starts(length, 96, 28, step)
    assert all(start % step == 0 for start in found)
    assert found[-1] == length - 96
    assert all(a + 96 - b >= 28 for a, b in pairwise(found))


def test_tiles_may_share_more_than_half_of_their_side(noise: torch.Generator) -> None:
    """A method that looks far is shown tiles of which only the middle counts."""
    picture = torch.rand(1, 3, 64, 320, generator=noise)
    answer, tiles = in_tiles(lambda x: x, picture, 160, overlap=130, margin=60, step=8)
    assert tiles > 5
    torch.testing.assert_close(answer, picture)
