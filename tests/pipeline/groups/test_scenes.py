"""Frames taken one after another, split into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from unveil.pipeline.groups.likeness import Glimpse
from unveil.pipeline.groups.scenes import GAP, scenes
from unveil.pipeline.naming import CaptureFacts

START = datetime(2024, 5, 31, 17)


def look(seed: int, ev: float = 0) -> Glimpse:
    noise = np.random.default_rng(seed).normal(0, 0.5, (48, 64))
    return np.asarray(np.clip(0.1 * 2.0 ** (noise + ev), 0, 1), dtype=np.float32)


LOOKS = {"a": look(1, -2), "b": look(1), "c": look(1, 2), "x": look(2), "y": look(2, 1)}


def split(times: Mapping[str, float | None], looks: Mapping[str, Glimpse] | None = None) -> list[str]:
    """Return the names of the frames of each scene, of frames taken at these seconds."""
    facts = {
        Path(name): CaptureFacts(taken=None if at is None else START + timedelta(seconds=at))
        for name, at in times.items()
    }
    known = LOOKS if looks is None else looks
    found = scenes(facts, lambda source: known.get(source.name))
    return sorted("".join(path.name for path in scene) for scene in found)


def test_a_bracket_is_one_scene_and_a_pan_to_another_begins_one() -> None:
    assert split({"a": 0, "b": 1, "c": 2, "x": 3, "y": 4}) == ["abc", "xy"]


def test_order_of_the_files_does_not_matter() -> None:
    assert split({"y": 4, "c": 2, "a": 0, "x": 3, "b": 1}) == ["abc", "xy"]


@pytest.mark.parametrize(("gap", "expected"), [(GAP, ["abc"]), (GAP + 1, ["ab", "c"])])
def test_a_pause_ends_a_scene(gap: float, expected: list[str]) -> None:
    assert split({"a": 0, "b": 1, "c": 1 + gap}) == expected


def test_the_darkest_and_the_brightest_meet_by_the_frame_between() -> None:
    assert split({"b": 0, "a": 1, "c": 2}) == ["bac"]


def test_a_frame_without_a_date_stands_alone() -> None:
    assert split({"a": 0, "b": None, "c": 1}) == ["ac", "b"]


def test_a_frame_that_cannot_be_looked_at_stands_alone_and_ends_the_scene() -> None:
    assert split({"a": 0, "?": 1, "b": 2}) == ["?", "a", "b"]


def test_frames_that_stand_alone_in_time_are_not_looked_at() -> None:
    asked: list[str] = []

    def glimpse(source: Path) -> Glimpse | None:
        asked.append(source.name)
        return None

    times = {"a": 0.0, "b": 1000.0, "c": 1010.0}
    facts = {Path(n): CaptureFacts(taken=START + timedelta(seconds=at)) for n, at in times.items()}
    assert len(list(scenes(facts, glimpse))) == 3
    assert asked == ["b", "c"]
