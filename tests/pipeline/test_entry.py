"""What may go wrong in a verb becomes a sentence and an exit status."""

from __future__ import annotations

import pytest
import typer

from unveil.pipeline.entry import run_app
from unveil.pipeline.errors import EnvironmentFailure, FrameError, PluginError, RecipeError

Captured = pytest.CaptureFixture[str]


def program(error: BaseException | None) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command()
    def work(number: int = 0, debug: bool = False) -> None:
        """Raise what the test says."""
        if error is not None:
            raise error

    @app.command()
    def other() -> None:
        """Be there, so that verbs have names."""

    return app


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (None, 0, ""),
        (typer.Exit(7), 7, ""),
        (FrameError("a.nef: too dark"), 1, "a.nef: too dark\n"),
        (RecipeError("one", "two"), 2, "one\ntwo\n"),
        (PluginError("a clash"), 3, "a clash\n"),
        (EnvironmentFailure("no disk"), 3, "no disk\n"),
        (typer.BadParameter("odd"), 2, "unveil work: Invalid value: odd; see unveil work --help\n"),
        (OSError(28, "No space left"), 3, "OSError: [Errno 28] No space left\n"),
        (ZeroDivisionError("oh"), 3, "internal error: ZeroDivisionError: oh; rerun with --debug\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_an_error_is_a_sentence_and_an_exit_status(
    capsys: Captured, error: BaseException | None, status: int, words: str
) -> None:
    assert run_app(program(error), ["work"]) == status
    assert capsys.readouterr() == ("", words)


def test_debugging_adds_the_traceback(capsys: Captured) -> None:
    assert run_app(program(FrameError("too dark")), ["work", "--debug"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last)")
    assert err.endswith("too dark\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["wrk"], "unveil: No such command 'wrk'"),
        (["work", "--number", "x"], "unveil work: Invalid value for '--number'"),
        (["work", "--frob"], "unveil work: No such option: --frob"),
    ],
)
def test_wrong_usage_is_one_line_and_two(capsys: Captured, arguments: list[str], words: str) -> None:
    assert run_app(program(None), arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(words)
    assert err.count("\n") == 1


def test_help_goes_to_stdout(capsys: Captured) -> None:
    assert run_app(program(None), ["--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Usage: unveil")
    assert err == ""
