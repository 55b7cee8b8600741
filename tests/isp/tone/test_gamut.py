"""Colours outside the gamut come inside at the same luminance."""

import math

import pytest
import torch

from unveil.isp.tone.gamut import desaturate, is_outside

WEIGHTS = torch.tensor([0.2126, 0.7152, 0.0722], dtype=torch.float64)


def light(pixels: torch.Tensor) -> torch.Tensor:
    return torch.einsum("j,jhw->hw", WEIGHTS.to(pixels), pixels)


def pixel(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(3, 1, 1)


def test_a_colour_below_black_moves_until_it_touches_black() -> None:
    # Y = 0.2126 * 0.5 + 0.7152 * 0.4 - 0.0722 * 0.1 = 0.38516; t = Y / (Y + 0.1).
    y, t = 0.38516, 0.38516 / 0.48516
    expected = [y + t * (0.5 - y), y + t * (0.4 - y), 0.0]
    assert desaturate(pixel(0.5, 0.4, -0.1), WEIGHTS).flatten().tolist() == pytest.approx(expected)


def test_a_colour_above_white_moves_until_it_touches_white() -> None:
    y = 0.2126 * 2 + 0.7152 * 0.1 + 0.0722 * 0.1
    t = (1 - y) / (2 - y)
    expected = [1.0, *[y + t * (0.1 - y)] * 2]
    assert desaturate(pixel(2.0, 0.1, 0.1), WEIGHTS).flatten().tolist() == pytest.approx(expected)


def test_all_comes_inside_and_no_luminance_changes(noise: torch.Generator) -> None:
    pixels = 1.5 * torch.randn(3, 64, 64, generator=noise, dtype=torch.float64) + 0.4
    found, before = desaturate(pixels, WEIGHTS), light(pixels)
    reachable = (before >= 0) & (before <= 1)
    assert reachable.float().mean() > 0.3
    assert not is_outside(found)[reachable].any()
    torch.testing.assert_close(light(found), before)
    # The direction from grey stays, so hue does not turn.
    moved, away = (found - before)[:, reachable], (pixels - before)[:, reachable]
    torch.testing.assert_close(
        torch.linalg.cross(moved, away, dim=0), torch.zeros_like(moved), atol=1e-12, rtol=0
    )
    assert ((moved * away).sum(0) >= 0).all()


def test_what_is_inside_stays_bit_for_bit(noise: torch.Generator) -> None:
    pixels = torch.rand(3, 32, 32, generator=noise)
    assert torch.equal(desaturate(pixels, WEIGHTS), pixels)


@pytest.mark.parametrize("values", [(3.0, 2.0, -1.0), (-0.5, -0.2, 0.3)])
def test_a_luminance_outside_leaves_only_its_grey(values: tuple[float, float, float]) -> None:
    found = desaturate(pixel(*values), WEIGHTS)
    torch.testing.assert_close(found, light(pixel(*values)).expand(3, 1, 1))


def test_there_is_no_step_where_luminance_reaches_white() -> None:
    levels = torch.linspace(0.9, 1.1, 2001, dtype=torch.float64)
    pixels = pixel(1.3, 1.0, 0.2) / light(pixel(1.3, 1.0, 0.2)) * levels
    assert desaturate(pixels, WEIGHTS).diff(dim=-1).abs().max() < 0.002


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 4, 5), (2, 3, 4, 5)])
def test_shapes_are_kept(shape: tuple[int, ...]) -> None:
    assert desaturate(2 * torch.rand(shape), WEIGHTS).shape == shape


def test_weights_are_of_any_precision_and_pixels_keep_theirs() -> None:
    assert desaturate(torch.full((3, 2, 2), 1.5), WEIGHTS).dtype == torch.float32


def test_nan_and_infinity_stay_as_they_are() -> None:
    pixels = torch.tensor([[math.nan, math.inf, 2.0], [2.0, -1.0, 0.0], [-1.0, 0.5, 0.0]]).reshape(3, 1, 3)
    found = desaturate(pixels, WEIGHTS)
    torch.testing.assert_close(found[..., :2], pixels[..., :2], equal_nan=True)
    assert found[..., 2].max() == 1
