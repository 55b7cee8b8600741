"""Are the results still what was written? Finds files that are gone, changed or rotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..errors import FrameError
from ..hashing import xxh3
from ..results import FrameResult, SourceFile, Written
from ..url import Place, Url, is_url
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
    """Relative to the output folder; of a source, absolute or its URL."""
    source: str
    finding: Finding


def verify(
    folder: Place, ledger: Ledger, sources: bool, seen: Callable[[Checked], None] = lambda _: None
) -> list[Checked]:
    """Read every result that the ledger names, and return those that are not good.

    Parameters
    ----------
    folder, ledger
        The output folder, or its URL, and its open ledger.
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


def _checked(folder: Place, result: FrameResult, sources: bool) -> Iterator[Checked]:
    for written in result.outputs:
        finding = _look(folder / written.path, written)
        yield Checked(path=written.path, source=result.source, finding=finding)
    file = result.source_file
    if sources and file is not None:
        place = Url(result.source) if is_url(result.source) else Path(result.source)
        yield Checked(path=result.source, source=result.source, finding=_look(place, file))


def _look(place: Place, known: SourceFile | Written) -> Finding:
    try:
        now = _now(place, known.size)
        if now.size == known.size and (not known.xxh3 or now.xxh3 == known.xxh3):
            return Finding.GOOD
    except (FileNotFoundError, NotADirectoryError):
        return Finding.MISSING
    except FrameError:
        return Finding.CHANGED
    except OSError:
        return Finding.UNREADABLE
    # A store gives what is put there another tag; its times may be whole seconds.
    unwritten = now.tag == known.tag if now.tag and known.tag else now.changed == known.changed
    return Finding.ROTTEN if unwritten else Finding.CHANGED


def _now(place: Place, size: int) -> SourceFile:
    """Return what a file is; one of another size than it had is not read."""
    if isinstance(place, Url):
        from ..remote import read_remote

        return read_remote(place)
    status = place.stat()
    same = status.st_size == size
    return SourceFile(size=status.st_size, changed=status.st_mtime_ns, xxh3=xxh3(place) if same else "")
