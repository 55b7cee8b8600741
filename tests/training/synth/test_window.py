"""A window takes its shares from physics and puts copies where thickness says."""

import pytest
import torch
from torch import Generator, Tensor

from unveil.training.synth.draw import Draw
from unveil.training.synth.ranges import Ranges
from unveil.training.synth.window import look_through, shift

WHITE = torch.ones(4, 3, 48, 64)
BLACK = torch.zeros_like(WHITE)
FACING = {"incidence": (0.0, 0.0), "view": (2.0, 2.0), "index": (1.52, 1.52), "internal": (1.0, 1.0)}


def look(behind: Tensor, mirrored: Tensor, **changes: object) -> tuple[Tensor, Tensor]:
    draw = Draw(Generator().manual_seed(3), len(behind), behind.device)
    return look_through(behind, mirrored, draw, Ranges(**changes))  # type: ignore[arg-type]


def test_a_clear_pane_seen_straight_on_reflects_eight_per_cent() -> None:
    transmitted, reflected = look(WHITE, WHITE, double=0, **FACING)
    torch.testing.assert_close(reflected, torch.full_like(reflected, 0.08168), atol=2e-4, rtol=0)
    torch.testing.assert_close(transmitted + reflected, WHITE, atol=1e-5, rtol=0)


def test_no_window_gives_more_light_than_meets_it() -> None:
    transmitted, reflected = look(WHITE, WHITE, tinted=0.5)
    assert float((transmitted + reflected).max()) <= 1
    assert float(transmitted.min()) > 0


def test_each_scene_is_seen_on_its_own() -> None:
    assert float(look(WHITE, BLACK)[1].abs().max()) == 0
    assert float(look(BLACK, WHITE)[0].abs().max()) == 0


def test_share_varies_over_the_picture_with_the_angle() -> None:
    _, reflected = look(WHITE, WHITE, incidence=(50, 50), view=(60, 60), double=0)
    spread = reflected.amax((1, 2, 3)) / reflected.amin((1, 2, 3))
    assert bool((spread > 2).all())


def test_tinted_glass_colours_what_is_behind_it() -> None:
    transmitted, _ = look(WHITE, WHITE, tinted=1, tint_spread=0.2, double=0)
    means = transmitted.mean((2, 3))
    assert float(means.max()) < 0.75
    assert bool((means.amax(1) / means.amin(1) > 1.02).all())


def test_copies_part_by_the_panes_thickness() -> None:
    point = torch.zeros(1, 3, 65, 65)
    point[..., 32, 32] = 1
    fixed = {"index": (1.52, 1.52), "incidence": (45, 45), "view": (20, 20), "distance": (0.5, 0.5)}
    _, reflected = look(point, point, double=0, thickness=(10, 10), **fixed)
    light = reflected[0, 0] / reflected.sum(dim=(1, 2, 3))[0]
    y, x = torch.meshgrid(torch.arange(65.0) - 32, torch.arange(65.0) - 32, indexing="ij")
    away = torch.stack([(light * x).sum(), (light * y).sum()]).norm() * 3
    apart = 2 * 0.01 * 0.5 / (1.52**2 - 0.5) ** 0.5 / 0.5 * 65 / 2 / torch.tensor(10.0).deg2rad().tan()
    assert float(away) == pytest.approx(float(apart) * 0.46, rel=0.1)  # the second copy has 0.46 of the light


def test_double_glazing_reflects_twice_as_much() -> None:
    single, double = (float(look(WHITE, WHITE, double=n, **FACING)[1].mean()) for n in (0, 1))
    assert double / single == pytest.approx(1.85, abs=0.02)


def test_whole_pixels_are_shifted_exactly() -> None:
    picture = torch.rand(2, 3, 20, 30, generator=Generator().manual_seed(0))
    moved = shift(picture, torch.tensor([[3.0, 2.0], [0.0, 0.0]]))
    torch.testing.assert_close(moved[0, :, :-2, :-3], picture[0, :, 2:, 3:], atol=1e-4, rtol=0)
    torch.testing.assert_close(moved[1], picture[1], atol=1e-5, rtol=0)
