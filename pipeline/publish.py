"""Turns finished temporary files into results: all of a frame or none of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from .errors import FrameError
from .frame import Output, temporary_prefix
from .shown import shown


def publish(outputs: Sequence[Output], overwrite: bool) -> None:
    """Rename every temporary file to its final name.

    Without `overwrite` no existing file is touched, not even one that appeared meanwhile; what was already
    renamed is taken back then. With it, each file is replaced in one step.

    Raises
    ------
    FrameError
        A final name is taken (without `overwrite`), or cannot be written.
    """
    placed: list[Path] = []
    try:
        for output in outputs:
            _place(output, overwrite)
            placed.append(output.final)
    except BaseException as error:
        if not overwrite:
            remove(placed)
        if isinstance(error, OSError):
            raise FrameError(_reason(output.final, error)) from error
        raise
    _sync_folders({output.final.parent for output in outputs})


def remove(paths: Iterable[Path]) -> None:
    """Delete files; those that are gone, or cannot be deleted, are passed over."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def sweep(finals: Iterable[Path], pid: int | None = None) -> None:
    """Delete the temporary files that were to become `finals`.

    Parameters
    ----------
    finals
        Final names of results.
    pid
        Only those of this process. None: those of processes that no longer run.
    """
    for final in finals:
        prefix = temporary_prefix(final)
        with suppress(OSError):
            remove(path for path in final.parent.iterdir() if _is_left_over(path.name, prefix, pid))


def _place(output: Output, overwrite: bool) -> None:
    if overwrite:
        os.replace(output.temporary, output.final)
        return
    try:
        os.link(output.temporary, output.final)
    except FileExistsError:
        raise
    except OSError:
        _claim(output)
    else:
        remove((output.temporary,))


def _claim(output: Output) -> None:
    """Rename without overwriting where there are no hard links (exFAT, some network folders)."""
    os.close(os.open(output.final, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        os.replace(output.temporary, output.final)
    except OSError:
        remove((output.final,))
        raise


def _reason(final: Path, error: OSError) -> str:
    if isinstance(error, FileExistsError):
        return f"{shown(final)} appeared while the frame was being developed; it was left as it is"
    return f"{shown(final)} cannot be written: {error.strerror}"


def _is_left_over(name: str, prefix: str, pid: int | None) -> bool:
    owner = name.removeprefix(prefix)
    if owner == name or not owner.isdecimal():
        return False
    return int(owner) == pid if pid is not None else not _is_running(int(owner))


def _is_running(pid: int) -> bool:
    if os.name == "nt":  # there, signal 0 is Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _sync_folders(folders: Iterable[Path]) -> None:
    """Make the new names survive a power cut, where the system lets a folder be synced."""
    for folder in folders:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
