"""Figures on what a separation does, and the policy on them."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.method import Domain, Layers, MethodSpec
from unveil.pipeline.results import FLAGGED
from unveil.pipeline.stage import Parameters
from unveil.plugins.separation.guard import Figures, measure
from unveil.plugins.separation.parameters import Policy, Separate
from unveil.plugins.separation.separate import SeparateStage


def scene() -> Tensor:
    """The left half is bright, the right half dark; three equal channels."""
    light = torch.full((3, 32, 64), 0.5)
    light[:, :, 32:] = 0.1
    return light


def frame(pixels: Tensor | None = None) -> Frame:
    return Frame(
        source=Path("IMG_1.tif"),
        pixels=scene() if pixels is None else pixels,
        space=Space.DISPLAY_RGB,
        primaries="sRGB",
        curve="linear",
    )


SPEC = MethodSpec(
    name="known",
    summary="",
    domain=Domain.LINEAR,
    multiple=32,
    global_statistics=False,
    fit=64,
    gives=("transmission",),
    cost=0.0,
    parameters=Parameters,
    build=lambda parameters, device: lambda proxy: Layers(transmission=proxy),
)


def separated(share: float, pixels: Tensor | None = None, **parameters: object) -> Frame:
    """Take a share of the light everywhere."""
    stage = SeparateStage(
        Separate.model_validate(parameters), SPEC, lambda proxy: Layers(transmission=proxy * (1 - share))
    )
    return stage(frame(pixels))


def test_a_reflection_on_one_half_is_no_drift_on_the_other() -> None:
    reflection = torch.zeros(3, 32, 64)
    reflection[:, :, :32] = 0.3
    assert measure(reflection, scene(), 1.0) == pytest.approx(Figures(0.5, 0.5, 0.0, 0.0))


def test_darkening_where_nothing_is_seen_is_drift() -> None:
    """A tenth of the dark half's light is a hundredth of white, which nobody calls a reflection."""
    found = measure(scene() * 0.1, scene(), 1.0)
    assert found == pytest.approx(Figures(0.1, 0.5, 0.1, 0.0), abs=1e-6)


def test_a_tint_is_drift_in_colour() -> None:
    reflection = torch.zeros(3, 32, 64)
    reflection[0] = 0.01
    light = torch.full((3, 32, 64), 0.1)
    found = measure(reflection, light, 1.0)
    assert found.drift == pytest.approx(0.01 / 0.3)
    kept = 1 - 0.01 / 0.3
    assert found.colour == pytest.approx(1 - 0.9 / kept)


@pytest.mark.parametrize("strength", [-1.0, 0.0, 0.5, 2.0])
def test_drift_follows_the_strength_and_the_reflection_does_not(strength: float) -> None:
    found = measure(scene() * 0.1, scene(), strength)
    assert (found.reflection, found.drift) == pytest.approx((0.1, 0.1 * abs(strength)))


def test_a_veil_over_the_whole_picture_leaves_no_drift_to_measure() -> None:
    found = measure(scene() * 0.5, scene(), 1.0)
    assert (found.reflection, found.area) == pytest.approx((0.5, 1.0))
    assert (found.drift, found.colour) == (None, None)
    assert set(found.scores()) == {"reflection", "reflection_area"}


def test_black_places_beside_a_reflection_leave_no_drift_to_measure() -> None:
    light = scene()
    light[:, :, 32:] = 0
    found = measure(light * 0.5, light, 1.0)
    assert (found.area, found.drift, found.colour) == (0.5, None, None)


@pytest.mark.parametrize("strength", [0.0, torch.zeros(1, 32, 64)])
def test_nothing_taken_is_no_drift_even_under_a_veil(strength: float | Tensor) -> None:
    assert measure(scene() * 0.5, scene(), strength) == pytest.approx(Figures(0.5, 1.0, 0.0, 0.0))


def test_a_black_picture_has_no_figures() -> None:
    black = torch.zeros(3, 8, 8)
    assert measure(black, black, 1.0) == Figures(0.0, 0.0, 0.0, 0.0)


def test_light_below_0_counts_as_none() -> None:
    light = torch.full((3, 8, 8), 0.5)
    light[:, :4] = -0.5
    assert measure(light.clamp(min=0) * 0.5, light, 1.0).reflection == pytest.approx(0.5)


def test_a_frame_below_the_score_goes_on_untouched_and_its_layers_say_so() -> None:
    keep = ["transmission", "reflection", "blended"]
    after = separated(0.1, policy={"skip_below": 0.2}, keep=keep)
    before = frame().image()
    assert torch.equal(after.image(), before)
    assert torch.equal(after.layers["transmission"], before)
    assert torch.equal(after.layers["blended"], before)
    assert not bool(after.layers["reflection"].any())
    assert after.notes[-1].startswith("skipped: known took 10.00% of the light for reflection")
    assert FLAGGED not in after.scores


def test_a_frame_at_the_score_is_not_skipped() -> None:
    assert not torch.equal(separated(0.25, policy={"skip_below": 0.2}).image(), frame().image())


def test_a_frame_that_drifts_past_the_limit_is_flagged() -> None:
    after = separated(0.1, policy={"drift": 0.09})
    assert after.scores[FLAGGED] == 1
    assert after.notes[0] == (
        "FLAGGED: places without reflection change by 10.0% in brightness, policy.drift allows 9.0%"
    )
    assert torch.equal(after.image(), separated(0.1, policy={"drift": 1}).image())


def test_a_frame_within_the_limit_is_not_flagged() -> None:
    assert FLAGGED not in separated(0.1, policy={"drift": 0.11}).scores


def test_a_frame_whose_drift_cannot_be_measured_is_flagged() -> None:
    after = separated(0.5)
    assert after.scores[FLAGGED] == 1
    assert "drift" not in after.scores
    assert after.notes[0] == (
        "FLAGGED: reflection was found in 100.0% of the picture, and no place without it has light to measure a drift "
        "at, so that nothing tells whether policy.drift, 15.0%, is kept"
    )


def test_a_limit_is_not_kept_by_what_cannot_be_measured() -> None:
    with pytest.raises(FrameError, match=r"IMG_1\.tif: reflection was found in 100\.0% of the picture"):
        separated(0.5, policy={"on_drift": "fail"})
    allowed = separated(0.5, policy={"on_drift": "fail", "drift": 1})
    assert FLAGGED not in allowed.scores
    assert FLAGGED not in separated(0.5, policy={"skip_below": 0.6, "on_drift": "fail"}).scores


def test_strength_0_is_never_flagged() -> None:
    assert FLAGGED not in separated(0.9, strength=0, policy={"drift": 0, "on_drift": "fail"}).scores


def test_a_policy_may_fail_the_frame() -> None:
    with pytest.raises(FrameError, match=r"IMG_1\.tif: places without reflection change by 10\.0% in bright"):
        separated(0.1, policy={"drift": 0.05, "on_drift": "fail"})


@pytest.mark.parametrize("strength", [0, 1])
def test_an_empty_picture_is_never_given(strength: float) -> None:
    with pytest.raises(FrameError, match="took all the light for reflection and left an empty picture"):
        separated(1.0, strength=strength)


def test_a_black_frame_is_not_called_empty() -> None:
    black = torch.zeros(3, 32, 64)
    assert torch.equal(separated(1.0, black).image(), black)


def test_infinite_answers_are_never_given() -> None:
    def infinite(proxy: Tensor) -> Layers:
        return Layers(transmission=torch.full_like(proxy, float("inf")) - float("inf"))

    with pytest.raises(FrameError, match="gave values that are not finite"):
        SeparateStage(Separate(), SPEC, infinite)(frame())


def test_the_default_policy_flags_and_skips_nothing() -> None:
    assert Separate().policy == Policy(skip_below=0, drift=0.15, on_drift="flag")


def test_figures_of_a_mosaic_do_not_depend_on_how_it_is_exposed() -> None:
    """What a method finds in the planes of a mosaic is brought to white before it is measured."""
    from unveil.plugins.separation.finish import Finding, _figures

    planes = torch.rand(4, 16, 16, generator=torch.Generator().manual_seed(3)) + 0.1
    finding = Finding(reflection=planes * 0.03, light=planes, matrix=None, size=(32, 32))
    dark = finding._replace(reflection=planes * 0.0003, light=planes * 0.01)
    assert _figures(dark, 1.0, None) == pytest.approx(_figures(finding, 1.0, None), rel=1e-4, abs=1e-6)


def test_drift_counts_only_where_the_mask_lets_it(tmp_path: Path) -> None:
    import imagecodecs
    import numpy as np

    (tmp_path / "m.png").write_bytes(imagecodecs.png_encode(np.zeros((32, 64), np.uint8)))
    before = replace(frame(), source=tmp_path / "a.tif")
    stage = SeparateStage(
        Separate(mask=str(tmp_path / "m.png")), SPEC, lambda proxy: Layers(transmission=proxy * 0.5)
    )
    after = stage(before)
    assert (after.scores["drift"], after.scores["reflection"]) == pytest.approx((0, 0.5))
    assert torch.equal(after.image(), before.image())
