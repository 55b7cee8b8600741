"""A hot folder through its days: what comes, what is made of it, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.existing import Existing
from unveil.pipeline.hashing import xxh3
from unveil.pipeline.ledger import reading
from unveil.pipeline.ledger.verify import verify
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import Status
from unveil.pipeline.watch.ticket import Then

from .conftest import Hot

Picture = Callable[..., Path]
Touch = Callable[..., object]


def test_frames_are_made_when_they_are_whole_and_move_with_their_side_files(
    hot: Hot, picture: Picture, touch: Touch
) -> None:
    hot.start()
    picture("in/a.png")
    touch("in/a.xmp", "in/note.txt", "in/bad.png")
    hot.look(0, 4)
    assert hot.files(out=True) == []
    hot.look(1)
    assert hot.files(out=True) == ["a_small.jpg"]
    assert hot.files() == [
        "done/a.png",
        "done/a.xmp",
        "failed/bad.png",
        "failed/bad.png.reason.txt",
        "note.txt",
    ]
    assert hot.statuses() == {"done/a.png": Status.DONE, "failed/bad.png": Status.FAILED}
    assert "bad.png" in (hot.incoming / "failed/bad.png.reason.txt").read_text()
    with reading(hot.out) as ledger:
        assert ledger is not None
        assert verify(hot.out, ledger, sources=True) == []


def test_a_camera_counts_anew_and_nothing_is_replaced(hot: Hot, picture: Picture, touch: Touch) -> None:
    hot.start()
    hashes = []
    for seed in range(3):
        hashes.append(xxh3(picture("in/card/a.png", seed)))
        touch("in/card/bad.png", text=f"{seed}")
        hot.look()
    done = ["done/card/a.png", "done/card/a_2.png", "done/card/a_3.png"]
    assert [xxh3(hot.incoming / name) for name in done] == hashes
    assert hot.files(out=True) == ["a_small.jpg", "a_small_2.jpg", "a_small_3.jpg"]
    failed = [f"failed/card/bad{n}.png" for n in ("", "_2", "_3")]
    assert hot.files() == sorted([*done, *failed, *(f"{name}.reason.txt" for name in failed)])
    assert set(hot.statuses()) == {*done, *failed}


def test_sources_that_are_left_are_not_touched_and_not_made_again(
    hot: Hot, picture: Picture, touch: Touch, capsys: pytest.CaptureFixture[str]
) -> None:
    a = picture("in/a.png")
    touch("in/bad.png", "in/a.xmp")
    before = {path: (xxh3(path), path.stat().st_mtime_ns) for path in hot.incoming.iterdir()}
    hot.start(Then.LEAVE).look()
    assert {path: (xxh3(path), path.stat().st_mtime_ns) for path in before} == before
    assert hot.files() == ["a.png", "a.xmp", "bad.png", "failed/bad.png.reason.txt"]
    (hot.out / "a_small.jpg").unlink()  # delivered
    told = capsys.readouterr().out
    assert told.count("done ") == told.count("failed ") == 1

    hot.start().look()
    assert capsys.readouterr().out == ""
    assert hot.files(out=True) == []

    picture("in/bad.png", 1)
    a.write_bytes(picture("other.png", 2).read_bytes())
    hot.look()
    assert capsys.readouterr().out.count("done ") == 2
    assert hot.files() == ["a.png", "a.xmp", "bad.png"]  # and the reason, no longer true, is gone


def jpeg(path: Path, taken: str) -> None:
    """Write a small JPEG of the camera whose RAW files the test uses."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Kodak", "Kodak Digital Science DC50 Zoom Camera"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = taken
    Image.new("RGB", (32, 24), "grey").save(path, exif=exif)


def test_marks_say_what_is_done(hot: Hot, picture: Picture, touch: Touch) -> None:
    picture("in/a.png")
    touch("in/bad.png")
    hot.start(Then.MARK).look()
    assert hot.files() == ["a.png", "a.png.unveiled", "bad.png", "failed/bad.png.reason.txt"]
    assert "a_small.jpg" in (hot.incoming / "a.png.unveiled").read_text()


def test_a_raw_and_its_jpeg_are_one_frame_also_where_the_jpeg_comes_late(
    hot: Hot, touch: Touch, shared_data: Path
) -> None:
    hot.start()
    raw = shared_data / "raw" / "kodak_dc50.kdc"
    for name in ("a.kdc", "b.kdc"):
        (hot.incoming / name).write_bytes(raw.read_bytes())
    touch("in/a.JPG")
    hot.look()
    assert hot.files() == ["done/a.JPG", "done/a.kdc", "done/b.kdc"]
    jpeg(hot.incoming / "b.jpg", "1997:04:23 08:00:47")
    hot.look()
    assert hot.files() == ["done/a.JPG", "done/a.kdc", "done/b.jpg", "done/b.kdc"]
    assert hot.files(out=True) == ["a_small.jpg", "b_small.jpg"]
    jpeg(hot.incoming / "b.jpg", "1999:04:23 08:00:47")  # of that number, and not of that RAW
    hot.look()
    assert hot.files(out=True) == ["a_small.jpg", "b_small.jpg", "b_small_2.jpg"]
    assert "done/b_2.jpg" in hot.files()


def test_tickets_are_waited_for_held_back_while_broken_and_obeyed(
    hot: Hot, picture: Picture, touch: Touch, capsys: pytest.CaptureFixture[str]
) -> None:
    hot.waits = replace(hot.waits, tickets=True)
    hot.start()
    picture("in/plain.png")
    picture("in/jobA/a.png")
    picture("in/jobB/b.png")
    touch("in/jobB/job.yaml", text="jb: 17\n")
    hot.look()
    assert hot.files(out=True) == ["plain_small.jpg"]
    said = capsys.readouterr().err
    assert f"{hot.incoming}/jobA: its frames wait for their ticket" in said
    assert f"{hot.incoming}/jobB/job.yaml:1:1: jb: " in said
    assert "jobB/job.yaml:1:1" in (hot.incoming / "failed/jobB/job.yaml.reason.txt").read_text()
    hot.look()
    assert capsys.readouterr().err == ""

    touch("in/jobA/job.yaml", text="then: burn\n")
    hot.look()
    assert "wait no more" not in capsys.readouterr().err
    assert (hot.incoming / "failed/jobA/job.yaml.reason.txt").exists()

    touch("in/jobA/job.yaml", "in/jobB/job.yaml", text='job: 0017\nnaming: "{job}/{stem}"\nthen: leave\n')
    hot.look()
    assert hot.files(out=True) == ["0017/a_small.jpg", "0017/b_small.jpg", "plain_small.jpg"]
    left = ["jobA/a.png", "jobA/job.yaml", "jobB/b.png", "jobB/job.yaml"]
    assert hot.files() == ["done/plain.png", *left]


def test_a_ticket_that_changes_holds_for_what_still_lies_beside_it(
    hot: Hot, picture: Picture, touch: Touch
) -> None:
    picture("in/job/a.png")
    hot.start(Then.LEAVE).look()
    touch("in/job/job.yaml", text='naming: "{job}-{stem}"\njob: K1\n')
    hot.look()
    assert hot.files(out=True) == ["K1-a_small.jpg", "a_small.jpg"]


def test_a_plan_that_cannot_be_built_holds_its_ticket_alone(hot: Hot, picture: Picture, touch: Touch) -> None:
    picture("in/a.png")
    picture("in/job/b.png")
    touch("in/job/job.yaml", text="recipe: window\nset: ['separate.weights=gone.safetensors']\n")
    hot.start().look()
    assert hot.files(out=True) == ["a_small.jpg"]
    assert (hot.incoming / "job/b.png").exists()
    assert (hot.incoming / "failed/job/job.yaml.reason.txt").exists()


@pytest.mark.parametrize("existing", [Existing.SKIP, Existing.OVERWRITE])
def test_what_is_in_the_way_fails_the_frame_or_is_replaced(
    hot: Hot, picture: Picture, touch: Touch, existing: Existing
) -> None:
    hot.rules = replace(hot.rules, existing=existing)
    touch("out/a_small.jpg", text="somebody's own")
    picture("in/a.png")
    hot.start().look()
    kept = (hot.out / "a_small.jpg").read_bytes() == b"somebody's own"
    if existing is Existing.SKIP:
        assert kept
        reason = (hot.incoming / "failed/a.png.reason.txt").read_text()
        assert "a_small.jpg is there already; --existing overwrite replaces" in reason
    else:
        assert not kept
        assert hot.files() == ["done/a.png"]


def test_frames_of_one_name_in_two_folders_are_both_made(hot: Hot, picture: Picture) -> None:
    hot.rules = replace(hot.rules, existing=Existing.SKIP)
    picture("in/x/a.png", 1)
    picture("in/y/a.png", 2)
    hot.start().look()
    assert hot.files() == ["done/x/a.png", "failed/y/a.png", "failed/y/a.png.reason.txt"]
    picture("in/z/a.png", 3)
    hot.rules = replace(hot.rules, existing=Existing.UNIQUE)
    hot.start().look()
    assert hot.files(out=True) == ["a_small.jpg", "a_small_2.jpg"]


def test_a_hot_folder_that_is_away_is_waited_for(
    hot: Hot, picture: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    hot.start()
    picture("in/a.png")
    hot.incoming.rename(hot.incoming.with_name("away"))
    hot.look(0, 20, 20)
    assert capsys.readouterr().err.count("waiting for it") == 1
    hot.incoming.with_name("away").rename(hot.incoming)
    hot.look()
    assert "is back" in capsys.readouterr().err
    assert hot.files() == ["done/a.png"]


def test_nothing_goes_where_the_output_folder_was(hot: Hot, picture: Picture) -> None:
    hot.start()
    picture("in/a.png")
    hot.out.rename(hot.out.with_name("away"))
    hot.out.mkdir()
    with pytest.raises(EnvironmentFailure, match=r"the output folder .* is gone"):
        hot.look()
    assert list(hot.out.iterdir()) == []
    assert hot.files() == ["a.png"]


def test_a_frame_that_is_taken_away_meanwhile_has_not_failed(
    hot: Hot, picture: Picture, struck_recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hot.base = replace(hot.base, recipe=str(struck_recipe))
    hot.registry = build_registry()
    hot.start()
    picture("in/vanish.png")
    hot.look()
    assert "was changed or taken away while it was being made" in capsys.readouterr().err
    assert hot.statuses() == {}
    assert hot.files() == []


def test_a_kill_between_ledger_and_move_costs_nothing(hot: Hot, picture: Picture) -> None:
    first = picture("in/a.png", 1)
    hot.start(Then.LEAVE).look()
    hot.start(Then.MOVE).look()  # the ledger knows it, and it still lies where it came
    assert hot.files() == ["done/a.png"]

    picture("in/b.png", 2)
    hot.start(Then.LEAVE).look()
    (hot.incoming / "b.png").rename(hot.incoming / "done/b.png")  # moved, and the ledger does not know
    picture("in/b.png", 3)
    hot.start(Then.MOVE).look()
    assert hot.files(out=True) == ["a_small.jpg", "b_small.jpg", "b_small_2.jpg"]
    assert hot.statuses() == dict.fromkeys(("done/a.png", "done/b.png", "done/b_2.png"), Status.DONE)
    assert not first.exists()
