"""Blown areas: what is taken of a reflection where the sensor cut the light off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from unveil.isp.cfa import colour_index, colour_masks
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.plugins.separation.highlights import Highlights, spared

BALANCE = (2.0, 1.0, 1.5)
Pattern = tuple[tuple[int, ...], ...]
BAYER: Pattern = ((0, 1), (1, 2))
X_TRANS: Pattern = (
    (1, 2, 1, 1, 0, 1),
    (0, 1, 0, 2, 1, 2),
    (1, 2, 1, 1, 0, 1),
    (1, 0, 1, 1, 2, 1),
    (2, 1, 2, 0, 1, 0),
    (1, 0, 1, 1, 2, 1),
)
VEIL = torch.tensor([0.3, 0.25, 0.15])
"""A warm reflection, after white balance."""


def scene() -> Tensor:
    """White balanced grey light, (3, 24, 48), from black on the left to three times saturation on the right."""
    return torch.linspace(0, 3, 48).expand(3, 24, 48)


def exposed(light: Tensor, limited: bool) -> Tensor:
    """Return what the sensor says of white balanced light; `limited` as `linearize` limits it."""
    gains = torch.tensor(BALANCE)[:, None, None]
    counts = (light / gains).clamp(max=1)
    return torch.minimum(counts, 1 / gains) if limited else counts


def frame(pixels: Tensor, cfa: Pattern | None = None) -> Frame:
    space = Space.CAMERA_RGB if cfa is None else Space.CFA_LINEAR
    camera = Camera(cfa=cfa, white_balance=BALANCE)
    return Frame(source=Path("a.dng"), pixels=pixels, space=space, camera=camera)


def mosaic(colours: Tensor, cfa: Pattern) -> Tensor:
    return torch.where(colour_masks(cfa, *colours.shape[-2:]), colours, 0).sum(0, keepdim=True)


def less(before: Frame, reflection: Tensor, step: int = 12) -> tuple[Tensor, Highlights]:
    """Return what is taken of a reflection, in bands of some rows."""
    light, highlights = before.image(), Highlights(before)
    rows = [slice(top, top + step) for top in range(0, light.shape[-2], step)]
    bands = highlights.spare((r, light[:, r], reflection[:, r]) for r in rows)
    return torch.cat([part for _, _, part in bands], 1), highlights


def colours_of(left: Tensor, cfa: Pattern | None) -> Tensor:
    """Return white balanced colours, as far as display white; of a mosaic the means of its cells."""
    if cfa is not None:
        side = 2 if len(cfa) == 2 else 3
        masks = colour_masks(cfa, *left.shape[-2:]).to(left)
        pool = torch.nn.functional.avg_pool2d
        left = pool(masks * left, side) / pool(masks, side)
    return (left * torch.tensor(BALANCE)[:, None, None]).clamp(max=1)


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("cfa", [None, BAYER, X_TRANS], ids=["colours", "bayer", "x-trans"])
def test_grey_light_beyond_saturation_stays_grey(cfa: Pattern | None, limited: bool) -> None:
    """Behind a coloured veil, however far beyond saturation the light is, and developed as RAW developers do."""
    light = exposed(scene() + VEIL[:, None, None], limited)
    gains = torch.tensor(BALANCE)[:, None, None]
    reflection = torch.minimum((VEIL[:, None, None] / gains).expand_as(light), light)
    if cfa is not None:
        light, reflection = mosaic(light, cfa), mosaic(reflection, cfa)
    taken, _ = less(frame(light, cfa), reflection)
    plain, spare = (colours_of(light - part, cfa) for part in (reflection, taken))
    tints = [float((found.amax(0) - found.amin(0))[:, -8:].max()) for found in (plain, spare)]
    assert tints[0] > 0.1
    assert tints[1] < 0.01
    assert float(spare[..., -8:].min()) > 0.8


@pytest.mark.parametrize("cfa", [None, BAYER, X_TRANS], ids=["colours", "bayer", "x-trans"])
def test_samples_that_are_not_saturated_lose_all_of_the_reflection(cfa: Pattern | None) -> None:
    light = exposed(scene(), limited=False)
    reflection = light * torch.tensor([0.1, 0.3, 0.2])[:, None, None]
    if cfa is not None:
        light, reflection = mosaic(light, cfa), mosaic(reflection, cfa)
    taken, highlights = less(frame(light, cfa), reflection)
    dark = light < 0.98
    assert torch.equal(taken[dark], reflection[dark])
    assert bool((taken <= reflection).all())
    assert bool((taken >= 0).all())
    assert highlights.spared == int((taken != reflection).sum()) > 0
    share = highlights.spared / light.numel()
    assert highlights.words()[0].startswith(f"blown areas: {share:.2%} of the samples are saturated")


def test_places_without_reflection_stay_and_no_word_is_said() -> None:
    light = exposed(scene(), limited=False)
    reflection = torch.zeros_like(light)
    taken, highlights = less(frame(light), reflection)
    assert torch.equal(taken, reflection)
    assert highlights.words() == ()


def test_a_red_lamp_stays_red() -> None:
    """One saturated colour far above the others is the light's own."""
    light = torch.tensor([1.0, 0.2, 0.1])[:, None, None].expand(3, 8, 8)
    reflection = light * 0.3
    assert torch.equal(less(frame(light), reflection)[0], reflection)


def test_one_saturated_colour_is_the_mean_of_the_others() -> None:
    gains, levels = torch.tensor([2.0, 1.0, 1.5]), torch.ones(3)
    light = torch.tensor([0.6, 1.0, 0.7])[:, None, None]
    reflection = torch.tensor([0.1, 0.3, 0.1])[:, None, None]
    taken = spared(light, reflection, gains, levels)
    assert (light - taken).flatten().tolist() == pytest.approx([0.5, (2 * 0.5 + 1.5 * 0.6) / 2, 0.6])


def test_a_limited_white_is_as_grey_as_the_least_of_the_reflection_makes_it() -> None:
    gains = torch.ones(3)
    light = torch.ones(3, 4, 4)
    reflection = torch.tensor([0.1, 0.2, 0.4])[:, None, None].expand(3, 4, 4)
    taken = spared(light, reflection, gains, torch.ones(3))
    torch.testing.assert_close(taken, torch.full((3, 4, 4), 0.1))


@pytest.mark.parametrize("space", [Space.DISPLAY_RGB, Space.LINEAR_RGB])
def test_white_of_finished_pictures_stays_neutral(space: Space) -> None:
    light = scene().clamp(max=1)
    before = replace(frame(light), space=space, primaries="sRGB", curve="linear")
    reflection = torch.minimum((VEIL[:, None, None]).expand_as(light), light)
    left = light - less(before, reflection)[0]
    assert float((left.amax(0) - left.amin(0))[:, -8:].max()) < 1e-6


def test_light_above_white_in_a_working_space_is_not_taken_for_saturated() -> None:
    light = scene()
    before = replace(frame(light), space=Space.LINEAR_RGB, primaries="sRGB")
    reflection = torch.minimum((VEIL[:, None, None]).expand_as(light), light)
    assert torch.equal(less(before, reflection)[0], reflection)


def test_a_sensor_that_stops_short_of_its_white_level_is_seen_to() -> None:
    light = exposed(scene() + VEIL[:, None, None], limited=False).clamp(max=0.9)
    gains = torch.tensor(BALANCE)[:, None, None]
    reflection = torch.minimum((VEIL[:, None, None] / gains).expand_as(light), light)
    left = colours_of((light - less(frame(light), reflection)[0]) / 0.9, None)
    assert float((left.amax(0) - left.amin(0))[:, -8:].max()) < 0.01


def test_bands_may_begin_anywhere_in_a_mosaic() -> None:
    light = mosaic(exposed(scene(), limited=False), X_TRANS)
    reflection = light * (0.1 + 0.1 * colour_index(X_TRANS, *light.shape[-2:]))
    whole = less(frame(light, X_TRANS), reflection, 24)[0]
    assert not torch.equal(whole, reflection)
    inner = torch.tensor([row for row in range(24) if row % 5 in (1, 2, 3)])
    parts = less(frame(light, X_TRANS), reflection, 5)[0]
    assert torch.equal(parts[:, inner], whole[:, inner])


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 2), (3, 1)])
def test_tiny_mosaics_pass(size: tuple[int, int]) -> None:
    light = torch.ones(1, *size)
    taken = less(frame(light, BAYER), light * 0.5)[0]
    assert bool(torch.isfinite(taken).all())
    assert bool((taken <= 0.5).all())


def test_a_sensor_without_colours_loses_all_of_the_reflection() -> None:
    light = torch.ones(1, 8, 8)
    assert torch.equal(less(frame(light, ((1,),)), light * 0.5)[0], light * 0.5)


def test_broken_values_stay_where_they_are() -> None:
    light = exposed(scene(), limited=False).clone()
    light[:, 3, 40] = torch.nan
    reflection = torch.where(light.isnan(), 0, light) * 0.2
    assert bool(torch.isfinite(less(frame(light), reflection)[0]).all())
