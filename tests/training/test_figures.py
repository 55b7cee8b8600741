"""The size at which pairs are measured, and the figures with LPIPS."""

import pytest
import torch
from torch import Generator

from unveil.training.figures import Sizing, measure
from unveil.training.lpips import Lpips


def noise(*shape: int) -> torch.Tensor:
    return (torch.rand(*shape, generator=Generator().manual_seed(0)) * 255).round() / 255


def test_picture_keeps_its_own_size() -> None:
    picture = noise(3, 51, 37)
    assert Sizing()(picture) is picture


@pytest.mark.parametrize(
    ("sizing", "expected"),
    [
        (Sizing(multiple=8), (48, 32)),
        (Sizing(short_side=20), (28, 20)),
        (Sizing(short_side=20, multiple=8), (24, 16)),
        (Sizing(short_side=500), (51, 37)),
    ],
)
def test_picture_is_only_ever_shrunk(sizing: Sizing, expected: tuple[int, int]) -> None:
    assert tuple(sizing(noise(3, 51, 37)).shape[-2:]) == expected


def test_shrinking_averages_and_gives_whole_steps() -> None:
    small = Sizing(short_side=12)(noise(3, 48, 48))
    assert torch.equal((small * 255).round() / 255, small)
    assert small.std() < 0.5 * noise(3, 48, 48).std()
    assert torch.allclose(Sizing(short_side=12)(torch.full((3, 48, 48), 0.6)), torch.tensor(0.6))


@pytest.mark.parametrize(
    ("sizing", "words"),
    [
        (Sizing(), "both pictures at their own size"),
        (Sizing(multiple=8), "multiples of 8 (antialiased bilinear, 8 bit)"),
        (Sizing(short_side=420), "shrunk to a short side of 420 (antialiased"),
    ],
)
def test_sizing_is_told_in_words(sizing: Sizing, words: str) -> None:
    assert words in str(sizing)


def test_lpips_is_measured_where_its_weights_are_given() -> None:
    picture = noise(3, 40, 40)
    assert measure(picture, 1 - picture).lpips is None
    lpips = measure(picture, 1 - picture, Lpips("alexnet")).lpips
    assert lpips is not None
    assert lpips > 0


def test_psnr_of_the_channels_is_the_mean_of_theirs() -> None:
    truth = torch.full((3, 32, 32), 0.5)
    picture = truth + torch.tensor([0.1, 0.01, 0.01])[:, None, None]
    found = measure(picture, truth)
    assert found.psnr_channels == pytest.approx((20 + 40 + 40) / 3, abs=1e-4)
    assert found.psnr < found.psnr_channels
