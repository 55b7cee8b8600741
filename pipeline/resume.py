"""What a run has to do for a frame, by what the ledger says of it: everything, some of its files, or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Protocol

from .existing import Existing
from .groups.group import Member
from .hashing import xxh3
from .naming import Naming
from .results import FrameResult, SourceFile, Status, Written
from .shown import shown
from .url import Place, Url


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A frame that is to be made."""

    source: Place
    """Absolute path or URL of the source, or of what stands for it."""
    naming: Naming | None = None
    """What its files are called after; None: its name alone."""
    overwrite: bool = False
    """Whether results that are there may be replaced."""
    member: Member | None = None
    """Its place in a group; None: it is in none."""
    without: frozenset[int] = frozenset()
    """Stages, by index, that are left out: the files that they write are there and up to date."""

    def called(self) -> Naming:
        """Return what its files are called after."""
        return self.naming or Naming.of(self.source)


class Shelf(Protocol):
    """The files of an output folder."""

    def holds(self, name: PurePosixPath) -> bool:
        """Return whether something has that name, relative to the folder."""
        ...

    def is_intact(self, written: Written) -> bool:
        """Return whether a result is still what was written."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of a folder of this machine."""

    path: Path

    def holds(self, name: PurePosixPath) -> bool:
        """Return whether something has that name, also a link that leads nowhere."""
        return os.path.lexists(self.path / name)

    def is_intact(self, written: Written) -> bool:
        """Return whether a result is still what was written."""
        return is_intact(self.path, written)


def is_same_file(source: Place, known: SourceFile) -> bool:
    """Return whether a source is what it was; its bytes are read where only the time of its last change is another."""
    return _is_unchanged(Path(source), known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a run wants of every frame."""

    folder: Place
    """The output folder."""
    hashes: Mapping[int, str]
    """As `Plan.file_hashes`: what decides each file, by the index of the stage that writes it."""
    existing: Existing = Existing.SKIP
    members: Mapping[Path, Member] = field(default_factory=lambda: MappingProxyType({}))
    """The places of frames in groups."""
    shelf: Shelf | None = None
    """What looks at the files of the folder; None: it is one of this machine."""
    is_same: Callable[[Place, SourceFile], bool] = is_same_file
    """Whether a source is what it was."""
    beside: Callable[[Place], str] | None = None
    """What `FrameResult.beside` would be for a source; None: files beside it do not count."""

    def files(self) -> Shelf:
        """Return what looks at the files of the folder."""
        return self.shelf or Folder(Path(self.folder))


def task_for(
    source: Place, names: Mapping[int, PurePosixPath], wanted: Wanted, known: FrameResult | None
) -> Task | FrameResult:
    """Decide what to do for a frame.

    A file is left as it is where the ledger says that it was made from this source, by the same stages, and it is still
    what was written. What the ledger says was written, and was not changed since, is replaced where it has to be;
    all other files are somebody's own and are not touched unless `existing` says so.

    Parameters
    ----------
    source
        Absolute path, or URL.
    names
        The files that the stages will write, relative to the output folder, by the stages' indices.
    wanted, known
        What the run wants, and what the ledger says of the source.

    Returns
    -------
    Task or FrameResult
        What is to be done; or, where that is nothing, a skipped frame that says why.
    """
    member = wanted.members.get(Path(source)) if not isinstance(source, Url) else None
    if wanted.existing is Existing.OVERWRITE:
        return Task(source=source, overwrite=True, member=member)
    files = wanted.files()
    there = {index: name for index, name in names.items() if files.holds(name)}
    ours = _untouched(files, known.outputs) if known is not None and there else {}
    same = known is not None and _is_same_frame(source, known, member, wanted)
    current = frozenset(
        index for index, name in there.items() if same and _is_current(ours, name, wanted.hashes.get(index))
    )
    foreign = [name for index, name in there.items() if index not in current and name.as_posix() not in ours]
    if foreign:
        return _skipped(source, foreign, known)
    if names and len(current) == len(names):
        return FrameResult(
            source=str(source), status=Status.SKIPPED, reason="done before, and nothing changed"
        )
    return Task(source=source, overwrite=bool(there), without=current, member=member)


def _is_same_frame(source: Place, known: FrameResult, member: Member | None, wanted: Wanted) -> bool:
    """Return whether all that a frame is made from is what it was: source, leader, and what lies beside them."""
    return (
        known.source_file is not None
        and wanted.is_same(source, known.source_file)
        and _is_led_alike(known, member, wanted)
        and (wanted.beside is None or wanted.beside(source) == known.beside)
    )


def _is_led_alike(known: FrameResult, member: Member | None, wanted: Wanted) -> bool:
    """Return whether a frame followed the leader that it follows now; one that leads goes its own way."""
    leader = str(member.leader) if member is not None else ""
    before, now = (name if name != known.source else "" for name in (known.leader, leader))
    if before != now or member is None or not now:
        return before == now
    if wanted.beside is not None and wanted.beside(member.leader) != known.leader_beside:
        return False
    return known.leader_file is not None and wanted.is_same(member.leader, known.leader_file)


def _untouched(files: Shelf, outputs: Iterable[Written]) -> dict[str, Written]:
    """Return those outputs that are still what was written, by name."""
    return {written.path: written for written in outputs if files.is_intact(written)}


def is_intact(folder: Path, written: Written) -> bool:
    """Return whether an output is what was written; it is read only where the time of its last change is another."""
    return _is_unchanged(folder / written.path, written)


def _is_unchanged(path: Path, known: SourceFile | Written) -> bool:
    try:
        status = path.stat()
        if status.st_size != known.size:
            return False
        return status.st_mtime_ns == known.changed or xxh3(path) == known.xxh3
    except OSError:
        return False


def _is_current(ours: Mapping[str, Written], name: PurePosixPath, made_by: str | None) -> bool:
    written = ours.get(name.as_posix())
    return written is not None and made_by is not None and written.made_by == made_by


def _skipped(source: Place, there: list[PurePosixPath], known: FrameResult | None) -> FrameResult:
    names = [shown(name) for name in there]
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    verb = "is" if len(names) == 1 else "are"
    written = known is not None and any(w.path == there[0].as_posix() for w in known.outputs)
    state = (
        f"{'was' if len(names) == 1 else 'were'} changed by somebody" if written else f"{verb} there already"
    )
    reason = f"{names[0]}{more} {state}; --overwrite replaces what is there"
    return FrameResult(source=str(source), status=Status.SKIPPED, reason=reason)
