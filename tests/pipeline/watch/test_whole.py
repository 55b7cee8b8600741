"""When files are whole."""

from __future__ import annotations

from pathlib import Path

from unveil.pipeline.watch.scan import Sight, Signature
from unveil.pipeline.watch.shots import Shot, shots
from unveil.pipeline.watch.whole import Patience

HOME = Path("/in")


class Days:
    """A folder that changes, and a clock."""

    def __init__(self, **rules: object) -> None:
        self.now = 0.0
        self.patience = Patience(clock=lambda: self.now, settle=5, partner=10, **rules)  # type: ignore[arg-type]

    def at(self, now: float, **sizes: int) -> list[str]:
        """See files of these sizes at a time; return the frames that are ready."""
        self.now = now
        files = {name.replace("_", "."): Signature(size, 0) for name, size in sizes.items()}
        self.patience.update(Sight({HOME: files}))
        found: list[Shot] = list(shots(HOME, files, self.patience.sign))
        return [shot.main.name for shot in found if self.patience.is_ready(shot)]


def test_a_file_is_whole_when_it_was_the_same_for_long_enough() -> None:
    days = Days()
    assert days.at(0, a_nef=1) == []
    assert days.at(4, a_nef=2) == []
    assert days.at(8, a_nef=2) == []
    assert days.at(9, a_nef=2) == ["a.nef"]


def test_a_file_that_was_away_starts_again() -> None:
    days = Days()
    days.at(0, a_nef=1)
    days.at(4)
    assert days.at(6, a_nef=1) == []
    assert days.at(11, a_nef=1) == ["a.nef"]


def test_a_frame_waits_for_all_its_files_and_a_jpeg_for_its_raw() -> None:
    days = Days()
    days.at(0, a_nef=1, b_jpg=1)
    assert days.at(6, a_nef=1, a_jpg=1, b_jpg=1) == []
    assert days.at(11, a_nef=1, a_jpg=1, b_jpg=1) == ["a.nef", "b.jpg"]


def test_a_sign_makes_whole_at_once_and_may_be_asked_for() -> None:
    free = Days()
    assert free.at(0, a_nef=1, a_nef_done=0, b_nef=1) == ["a.nef"]
    strict = Days(sign=".ok", signed_only=True)
    strict.at(0, a_nef=1, b_nef=1, b_nef_done=0)
    assert strict.at(60, a_nef=1, b_nef=1, b_nef_done=0) == []
    assert strict.at(61, a_nef=1, a_nef_ok=0, b_nef=1) == ["a.nef"]
