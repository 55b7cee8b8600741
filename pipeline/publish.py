"""Turns finished temporary files into results: all of a frame or none of it."""

from __future__ import annotations

import os
from collections import defaultdict
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
    sync_folders({output.final.parent for output in outputs})


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
    if pid is not None:
        remove(final.with_name(f"{temporary_prefix(final)}{pid}") for final in finals)
        return
    # Each folder is read once: for every file anew, a folder of many would take their number squared.
    folders: dict[Path, set[str]] = defaultdict(set)
    for final in finals:
        folders[final.parent].add(temporary_prefix(final))
    for folder, prefixes in folders.items():
        with suppress(OSError), os.scandir(folder) as entries:
            remove([folder / entry.name for entry in entries if _is_left_over(entry.name, prefixes)])


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


def _is_left_over(name: str, prefixes: set[str]) -> bool:
    prefix, dash, owner = name.rpartition("-")
    return prefix + dash in prefixes and owner.isdecimal() and not is_running(int(owner))


def is_running(pid: int) -> bool:
    """Return whether a process of this machine runs; True where that cannot be told.

    One that ended and that its parent has not asked about yet does not run: in a container whose first process asks
    nobody, the workers of a killed run stay listed so for good.
    """
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return False
    except psutil.Error:
        return True


def sync_folders(folders: Iterable[Path]) -> None:
    """Make the new names survive a power cut, where the system lets a folder be synced."""
    for folder in folders:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
