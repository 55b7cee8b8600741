"""What frames of a group share in a separation."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch

from unveil.pipeline.frame import Frame, Metadata, Space
from unveil.plugins.separation.shared import decide_gain, shared_gain

LEADER = {"proxy": {"gain": 2.0, "exposure": -6.0}}


def frame(decisions: dict[str, Any], time: float | None = 1 / 64) -> Frame:
    """Return a frame of f/1 and ISO 100; by default with the leader's exposure, -6 EV."""
    tags = {"FNumber": 1.0, "ISO": 100} | ({"ExposureTime": time} if time is not None else {})
    return Frame(
        source=Path("a.dng"),
        pixels=torch.zeros(3, 4, 4),
        space=Space.CAMERA_RGB,
        metadata=Metadata(tags=MappingProxyType(tags)),
        decisions=MappingProxyType(decisions),
    )


def test_a_frame_by_itself_has_its_own() -> None:
    assert shared_gain(frame({}), 3.0) == 3.0
    assert decide_gain(frame({}), 3.0).decisions["proxy"] == {"gain": 3.0, "exposure": pytest.approx(-6)}


@pytest.mark.parametrize(("time", "gain"), [(1 / 64, 2.0), (1 / 256, 8.0), (1 / 128, 4.0), (1 / 32, 1.0)])
def test_it_is_the_leaders_less_the_difference_of_the_exposures(time: float, gain: float) -> None:
    assert shared_gain(frame(LEADER, time), 3.0) == pytest.approx(gain)


def test_saturation_is_never_brought_below_white() -> None:
    assert shared_gain(frame(LEADER, 1 / 8), 3.0) == 1.0
    assert shared_gain(frame(LEADER, 1 / 8), 0.7) == 0.7  # its own bright parts are above saturation


def test_a_leader_that_is_saturated_does_not_tell_how_bright_the_light_was() -> None:
    leader = {"proxy": {"gain": 0.9, "exposure": -6.0}}
    assert shared_gain(frame(leader, 1 / 256), 2.5) == 2.5
    assert shared_gain(frame(leader, 1 / 256), 5.0) == pytest.approx(3.6)


def test_without_exposures_each_has_its_own() -> None:
    assert shared_gain(frame(LEADER, None), 3.0) == 3.0
    assert shared_gain(frame({"proxy": {"gain": 2.0, "exposure": None}}), 3.0) == 3.0


def test_what_was_taken_is_said() -> None:
    assert decide_gain(frame(LEADER), 2.0).notes == ("shown at 2 times its light, as the group's leader is",)
