"""Words on the terminal."""

from __future__ import annotations

import pytest

from unveil.pipeline import console
from unveil.pipeline.results import FrameResult, Status, Written

Captured = pytest.CaptureFixture[str]


def test_messages_go_to_stderr_and_results_to_stdout(capsys: Captured) -> None:
    console.say("a message")
    console.tell("a result")
    assert capsys.readouterr() == ("a result\n", "a message\n")


def test_control_characters_are_spelled_out(capsys: Captured) -> None:
    console.say("two\nlines \x1b[2J")
    console.tell("one\nline")
    assert capsys.readouterr() == ("one\\nline\n", "two\nlines \\x1b[2J\n")


def test_json_is_one_line_of_plain_characters(capsys: Captured) -> None:
    console.tell_json({"name": "a\n\udcff\x1b"})
    assert capsys.readouterr().out == '{"name": "a\\n\\udcff\\u001b"}\n'


def test_a_table_that_nobody_watches_is_plain_and_whole(capsys: Captured) -> None:
    console.table(("name", "what"), [("a", "x" * 300), ("longer", "[bold]y")])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["name    what", "a       " + "x" * 300, "longer  [bold]y"]


def test_an_empty_table_has_its_head(capsys: Captured) -> None:
    console.table(("name", "what"), [])
    assert capsys.readouterr().out == "name  what\n"


def test_a_table_on_a_terminal_shows_markup_as_text(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    console.table(("name", "what"), [("a", "[red]b[/red]")])
    assert "[red]b[/red]" in capsys.readouterr().out


def test_a_table_on_a_narrow_terminal_folds_and_cuts_nothing(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    console.table(("name", "what"), [("a" * 50, "b" * 50)])
    out = capsys.readouterr().out
    assert (out.count("a"), out.count("b")) == (51 + 1, 50)  # an `a` more in each of `name` and `what`


def test_a_line_tells_of_a_done_frame() -> None:
    outputs = (
        Written(path="a.tif", role="transmission", size=1),
        Written(path="p/a.jpg", role="blended", size=1),
    )
    result = FrameResult(source="/s/a.nef", status=Status.DONE, seconds=4.25, outputs=outputs)
    assert console.frame_line(result) == "done    /s/a.nef: 4.2 s: a.tif, p/a.jpg"


def test_a_line_names_the_source_of_a_reason_once() -> None:
    about = FrameResult(source="/s/a.nef", status=Status.FAILED, reason="/s/a.nef: is empty")
    other = FrameResult(source="/s/a.nef", status=Status.SKIPPED, reason="a.tif is there already")
    assert console.frame_line(about) == "failed  /s/a.nef: is empty"
    assert console.frame_line(other) == "skipped /s/a.nef: a.tif is there already"


def test_progress_without_a_terminal_is_a_line_now_and_then(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((0.0, 4.0, 8.0, 9.0, 30.0))
    monkeypatch.setattr(console, "monotonic", lambda: next(clock))
    with console.progress(4, "developing") as step:
        for name in "abcd":
            step(name)
    assert capsys.readouterr().err == "developing: 2 of 4, about 8.0 s left\n"


def test_time_that_is_left_is_reckoned_from_what_took_time(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((0.0, 0.0, 0.0, 10.0))
    monkeypatch.setattr(console, "monotonic", lambda: next(clock))
    with console.progress(5, "developing") as step:
        step("a", took_time=False)
        step("b", took_time=False)
        step("c", "1 failed")
    assert capsys.readouterr().err == "developing: 3 of 5, about 20.0 s left, 1 failed\n"


def test_quiet_progress_says_nothing(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "PLAIN_EVERY", 0.0)
    with console.progress(2, "developing", quiet=True) as step:
        step("a")
    assert capsys.readouterr() == ("", "")
