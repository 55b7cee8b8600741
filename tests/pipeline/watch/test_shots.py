"""Which files are one frame."""

from __future__ import annotations

from pathlib import Path

from unveil.pipeline.watch.shots import shots

HOME = Path("/in")


def names(found: object) -> list[str]:
    assert isinstance(found, tuple)
    return [path.name for path in found]


def test_a_raw_takes_its_jpeg_side_files_and_signs_with_it() -> None:
    there = [
        "a.NEF",
        "a.JPG",
        "a.xmp",
        "a.NEF.xmp",
        "a.NEF.done",
        "b.jpg",
        "note.txt",
        "job.yaml",
        "b.jpg.done",
    ]
    first, second = shots(HOME, there)
    assert first.main == HOME / "a.NEF"
    assert names(first.jpegs) == ["a.JPG"]
    assert names(first.sides) == ["a.xmp", "a.NEF.xmp"]
    assert names(first.signs) == ["a.NEF.done"]
    assert second.main == HOME / "b.jpg"
    assert names(second.signs) == ["b.jpg.done"]
    assert not first.may_get_raw()
    assert second.may_get_raw()


def test_the_picture_itself_is_the_last_of_its_files() -> None:
    (shot,) = shots(HOME, ["a.JPG", "a.NEF", "a.xmp", "a.NEF.done"])
    assert names(shot.files()) == ["a.NEF.done", "a.xmp", "a.JPG", "a.NEF"]


def test_two_raws_of_one_name_share_nothing() -> None:
    first, second = shots(HOME, ["a.cr2", "a.dng", "a.jpg", "a.xmp"])
    assert names(first.files()) == ["a.xmp", "a.jpg", "a.cr2"]
    assert names(second.files()) == ["a.dng"]


def test_frames_come_in_natural_order_and_signs_may_have_another_suffix() -> None:
    found = list(shots(HOME, ["i10.tif", "i2.tif", "i2.tif.ok", "i10.tif.done"], ".ok"))
    assert [shot.main.name for shot in found] == ["i2.tif", "i10.tif"]
    assert names(found[0].signs) == ["i2.tif.ok"]
    assert found[1].signs == ()
