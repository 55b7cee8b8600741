"""What lies in a hot folder now."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..shown import shown

DONE, FAILED = "done", "failed"
"""Folders directly in the hot folder that are the program's own."""


class Signature(NamedTuple):
    """What changes while a file is written."""

    size: int
    changed: int
    """Nanoseconds since 1970."""


@dataclass(slots=True)
class Sight:
    """What was seen at one look."""

    folders: dict[Path, dict[str, Signature]] = field(default_factory=dict)
    """Files of each folder that holds any, by name."""
    problems: list[str] = field(default_factory=list)
    """Sub-folders that cannot be listed."""


def look(incoming: Path, apart: Container[Path]) -> Sight:
    """List a folder with all below it; hidden and temporary files are none, and links to folders are not followed.

    Parameters
    ----------
    incoming
        Absolute.
    apart
        Folders below it that are passed over.

    Raises
    ------
    OSError
        The folder itself cannot be listed.
    """
    sight = Sight()
    waiting = [incoming]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                files, folders = _sorted_out(entries)
        except OSError as error:
            if folder == incoming:
                raise
            sight.problems.append(f"{shown(folder)} cannot be listed: {error.strerror}")
            continue
        waiting += [path for path in folders if path not in apart]
        if files:
            sight.folders[folder] = files
    return sight


def signature(path: Path) -> Signature | None:
    """Return a file's size and time of change; None where it is not there or cannot be asked about."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Signature(status.st_size, status.st_mtime_ns)


def own_folders(incoming: Path, output: Path) -> frozenset[Path]:
    """Return the folders below a hot folder whose files are no sources."""
    own = {incoming / DONE, incoming / FAILED}
    real, base = Path(os.path.realpath(output)), Path(os.path.realpath(incoming))
    if real.is_relative_to(base):
        own.add(incoming / real.relative_to(base))
    return frozenset(own)


def is_temporary(name: str) -> bool:
    """Return whether a name is hidden, or one that programs give to what they are still writing."""
    return name.startswith((".", "~")) or name.endswith("~")


def _sorted_out(entries: Iterable[os.DirEntry[str]]) -> tuple[dict[str, Signature], list[Path]]:
    files: dict[str, Signature] = {}
    folders: list[Path] = []
    for entry in entries:
        if is_temporary(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            folders.append(Path(entry.path))
        elif entry.is_file():
            found = signature(Path(entry.path))
            if found is not None:
                files[entry.name] = found
    return files, folders
