"""What a run says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import unveil
from unveil.pipeline import console, voice
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.tally import Tally
from unveil.pipeline.voice import say_beside_raw, say_end, say_left_out, told

Captured = pytest.CaptureFixture[str]
DONE = FrameResult(source="/s/a.nef", status=Status.DONE)
FAILED = FrameResult(
    source="/s/b.nef", status=Status.FAILED, reason="too dark", traceback="Traceback: 1\n  2"
)


def tally(total: int, results: list[FrameResult], **more: Any) -> Tally:
    made = Tally(total=total, **more)
    for result in results:
        made.add(result)
    return made


def test_frames_are_told_in_words_with_tracebacks_beside(capsys: Captured) -> None:
    with told(2, as_json=False) as each:
        each(DONE)
        each(FAILED)
    out, err = capsys.readouterr()
    assert out.splitlines() == ["done    /s/a.nef: 0.0 s: ", "failed  /s/b.nef: too dark"]
    assert err == "Traceback: 1\n  2\n"


def test_frames_are_told_as_json(capsys: Captured) -> None:
    with told(1, as_json=True) as each:
        each(FAILED)
    _, line = capsys.readouterr().out.splitlines()
    event = json.loads(line)
    assert event.pop("event") == "frame"
    assert FrameResult.from_json(event) == FAILED


def test_the_first_event_says_what_begins(capsys: Captured) -> None:
    with told(7, as_json=True, folder=Path("out")):
        pass
    event = json.loads(capsys.readouterr().out)
    assert datetime.now(UTC) - datetime.fromisoformat(event.pop("started")) < timedelta(minutes=5)
    assert event == {
        "event": "begin",
        "total": 7,
        "output": str(Path("out").absolute()),
        "version": unveil.__version__,
    }


def test_progress_tells_throughput_failures_and_load(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "PLAIN_EVERY", 0.0)
    clock = iter((0.0, 0.0, 10.0, 20.0))
    monkeypatch.setattr(voice, "monotonic", lambda: next(clock))
    with told(4, as_json=False) as each:
        each(FrameResult(source="/s/z.nef", status=Status.SKIPPED, reason="is there"))
        each(replace(DONE, device="cuda:0", seconds=1.0))
        each(replace(FAILED, device="cuda:1", seconds=3.0, traceback=""))
    first, second, third = capsys.readouterr().err.splitlines()
    assert first == "developing: 1 of 4"
    assert second.startswith("developing: 2 of 4, about ")
    assert second.endswith(" left, 6.0 frames/min")
    assert third.endswith(" left, 6.0 frames/min, 1 failed, cuda:0 25%, cuda:1 75%")


def test_the_end_counts_every_status(capsys: Captured) -> None:
    say_end(tally(2, [DONE, FAILED], seconds=62, page=Path("out/index.html")), as_json=False)
    assert capsys.readouterr() == (
        "",
        "2 frames: 1 done, 1 failed in 1 min 2 s, 1.9 frames/min\n"
        "failed: /s/b.nef: too dark\n"
        "look at out/index.html\n",
    )


def test_the_end_lists_20_failed_frames_and_says_where_the_rest_is(capsys: Captured) -> None:
    failed = [replace(FAILED, source=f"/s/{n}.nef") for n in range(23)]
    say_end(tally(23, failed[:20], seconds=0), as_json=False, folder=Path("out"))
    assert capsys.readouterr().err.splitlines()[1:] == [f"failed: /s/{n}.nef: too dark" for n in range(20)]
    say_end(tally(23, failed, seconds=0), as_json=False, folder=Path("out"))
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (22, "and 3 more failed; `unveil status out` names them all")


def test_the_end_tells_the_share_of_several_devices(capsys: Captured) -> None:
    results = [
        replace(DONE, device="cuda:0", worker="1@a", seconds=3.0),
        replace(DONE, device="cuda:0", worker="2@b", seconds=1.0),
    ]
    say_end(tally(2, results, seconds=4), as_json=False)
    assert "share of the work: cuda:0@a 75%, cuda:0@b 25%" in capsys.readouterr().err.splitlines()
    say_end(tally(1, results[:1], seconds=4), as_json=False)
    assert "share" not in capsys.readouterr().err


def test_flagged_frames_are_told(capsys: Captured) -> None:
    flagged = FrameResult(source="/s/c.nef", status=Status.DONE, scores={"flagged": 1.0})
    with told(2, as_json=False) as each:
        each(DONE)
        each(flagged)
    say_end(tally(2, [DONE, flagged], seconds=1), as_json=False)
    out, err = capsys.readouterr()
    assert out.splitlines() == ["done    /s/a.nef: 0.0 s: ", "done    /s/c.nef: 0.0 s:  (flagged)"]
    assert err.splitlines() == [
        "2 frames: 2 done in 1.0 s, 120 frames/min",
        "1 frame flagged: the trail says why, and a look is worth it",
    ]


def test_an_interruption_tells_what_is_missing(capsys: Captured) -> None:
    say_end(tally(3, [DONE], interrupted=True, seconds=1), as_json=False)
    assert capsys.readouterr().err.splitlines() == [
        "3 frames: 1 done in 1.0 s, 60 frames/min",
        "interrupted: 2 frames not done; the same command goes on with what is missing",
    ]


def test_the_last_event_holds_the_exit_status(capsys: Captured) -> None:
    say_end(tally(3, [DONE], interrupted=True, seconds=1), as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "event": "end",
        "done": 1,
        "skipped": 0,
        "failed": 0,
        "flagged": 0,
        "failures": [],
        "total": 3,
        "interrupted": True,
        "seconds": 1,
        "frames_per_minute": 60.0,
        "devices": {},
        "exit_status": 130,
        "page": None,
    }


def test_left_out_inputs_are_told_once(capsys: Captured) -> None:
    say_left_out([], Path("out"))
    say_left_out([Path("out/a.jpg"), Path("out/b.jpg")], Path("out"))
    assert (
        capsys.readouterr().err
        == "left out: 2 inputs are results of an earlier run into out, e.g. out/a.jpg\n"
    )


def test_jpegs_beside_raws_are_told_once(capsys: Captured) -> None:
    say_beside_raw([])
    say_beside_raw([Path("a.jpg"), Path("b.jpg")])
    assert capsys.readouterr().err == (
        "left out: 2 JPEGs stand beside a RAW of the same name, which is developed, e.g. a.jpg\n"
    )
