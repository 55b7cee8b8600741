"""The as-shot white balance of a group's leader."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from unveil.isp.decode.as_shot import share_as_shot
from unveil.pipeline.frame import Camera, Frame, Space

RGGB = ((0, 1), (1, 2))
LEADER: dict[str, Any] = {
    "white_balance": (1.5, 1.0, 2.5),
    "side_balance": None,
    "side_temperature": (4000.0, 5.0),
}


def raw(decisions: dict[str, Any] | None = None) -> Frame:
    camera = Camera(cfa=RGGB, white_balance=(2.0, 1.0, 1.5), side_balance=(2.1, 1.0, 1.6))
    given = MappingProxyType(decisions or {})
    return Frame(
        source=Path("a.dng"), pixels=torch.zeros(1, 4, 4), space=Space.CFA, camera=camera, decisions=given
    )


def test_a_frame_decides_by_what_its_file_says() -> None:
    frame = share_as_shot(raw())
    assert frame.camera == raw().camera
    assert frame.decisions["as_shot"] == {
        "white_balance": (2.0, 1.0, 1.5),
        "side_balance": (2.1, 1.0, 1.6),
        "side_temperature": None,
    }
    assert frame.notes == ()


def test_what_the_leader_decided_replaces_it_all_and_is_said() -> None:
    camera = share_as_shot(raw({"as_shot": LEADER})).camera
    assert (camera.white_balance, camera.side_balance, camera.side_temperature) == (
        (1.5, 1.0, 2.5),
        None,
        (4000.0, 5.0),
    )
    assert share_as_shot(raw({"as_shot": LEADER})).notes == (
        "as-shot white balance 4000 K, tint +5 (.xmp) instead of its own 2.100 1.000 1.600",
    )


def test_finished_pictures_have_none_to_share() -> None:
    picture = Frame(source=Path("a.png"), pixels=torch.zeros(3, 4, 4), space=Space.DISPLAY_RGB)
    assert share_as_shot(picture) is picture
