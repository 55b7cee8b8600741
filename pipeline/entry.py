"""Around every verb of the command line: what may go wrong becomes a sentence and an exit status."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from .console import say
from .errors import UnveilError

INTERRUPTED = 130
USAGE = 2
INTERNAL = 3
BROKEN_PIPE = 141
"""What a shell reports for a program that SIGPIPE ended."""
# Typer brings its own copy of click or uses the installed one, as its version goes; the base class is public
# in both.
UsageError = typer.BadParameter.__mro__[2]


def run_app(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run the verb that the arguments name and return the exit status.

    Expected errors are sentences on stderr, one for each problem; `--debug` among the arguments adds the
    traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(app, arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _close_stdout()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        return _explain(error)


def _run(app: typer.Typer, arguments: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("unveil", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def _explain(error: Exception) -> int:
    """Say what went wrong and return the exit status."""
    if isinstance(error, UnveilError):
        say(str(error))
        return error.exit_status
    if isinstance(error, UsageError):
        return _explain_usage(error)
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError | MemoryError):
        say(words)
    else:
        say(f"internal error: {words}; rerun with --debug")
    return INTERNAL


def _explain_usage(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "unveil"
    message: str = getattr(error, "format_message", error.__str__)()
    # Without any word after `unveil` the message is the whole help.
    say(message if "\n" in message else f"{path}: {message.rstrip('.')}; see {path} --help")
    return USAGE


def _close_stdout() -> None:
    """Send what Python still wants to flush nowhere, so that it does not complain on exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
