"""Are the results still what was written? Finds files that are gone, changed or rotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..hashing import xxh3
from ..results import FrameResult
from .ledger import Ledger


class Finding(StrEnum):
    """What became of a file."""

    GOOD = "good"
    MISSING = "missing"
    CHANGED = "changed"
    """Its size is another, or its bytes and the time of its last change are: somebody wrote it."""
    ROTTEN = "rotten"
    """Its bytes are others though nobody wrote it."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file of a frame."""

    path: str
    """Relative to the output folder; of a source, absolute."""
    source: str
    finding: Finding


def verify(
    folder: Path, ledger: Ledger, sources: bool, seen: Callable[[Checked], None] = lambda _: None
) -> list[Checked]:
    """Read every result that the ledger names, and return those that are not good.

    Parameters
    ----------
    folder, ledger
        The output folder and its open ledger.
    sources
        Read the sources too.
    seen
        Called with every file as it was read.
    """
    bad = []
    for result in ledger.frames():
        for checked in _checked(folder, result, sources):
            seen(checked)
            if checked.finding is not Finding.GOOD:
                bad.append(checked)
    return bad


def _checked(folder: Path, result: FrameResult, sources: bool) -> Iterator[Checked]:
    for written in result.outputs:
        finding = _look(folder / written.path, written.size, written.changed, written.xxh3)
        yield Checked(path=written.path, source=result.source, finding=finding)
    file = result.source_file
    if sources and file is not None:
        finding = _look(Path(result.source), file.size, file.changed, file.xxh3)
        yield Checked(path=result.source, source=result.source, finding=finding)


def _look(path: Path, size: int, changed: int, known: str) -> Finding:
    try:
        status = path.stat()
        if status.st_size == size and (not known or xxh3(path) == known):
            return Finding.GOOD
    except (FileNotFoundError, NotADirectoryError):
        return Finding.MISSING
    except OSError:
        return Finding.UNREADABLE
    return Finding.ROTTEN if status.st_mtime_ns == changed else Finding.CHANGED
