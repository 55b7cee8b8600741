"""Finished files brought to where results go: each is there whole or not at all."""

from __future__ import annotations

import errno
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import FrameError, UnveilError
from ..hashing import xxh3
from ..results import SourceFile, Written
from ..shown import shown
from ..url import Url
from .access import Access, words
from .facts import UNKNOWN_SIZE, file_facts
from .fetch import read_remote

WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci"})
"""Stores of objects: what is put there is there whole or not at all."""
EXCLUSIVE = frozenset({"s3", "s3a", "gs", "gcs"})
"""Those that can be told to put an object only where there is none."""
PARTS = ".unveil-receipts"
"""Folder of files that are not whole yet, on servers where they take their names by a move."""


def deliver(
    access: Access, root: Url, files: Sequence[tuple[Path, Written]], overwrite: bool
) -> tuple[Written, ...]:
    """Bring all files of a frame to their names, or none of them.

    Without `overwrite` no file that is there is touched; where one is, those before it are taken back. With it, each
    file is replaced in one step.

    Returns
    -------
    tuple of Written
        The files with time and tag, as they are there.

    Raises
    ------
    FrameError
        A name is taken, or cannot be written.
    """
    placed: list[Url] = []
    found: list[Written] = []
    try:
        for path, written in files:
            url = root / written.path
            facts = _place(access, root, path, url, overwrite)
            placed.append(url)
            found.append(replace(written, changed=facts.changed, tag=facts.tag))
    except BaseException as error:
        if not overwrite:
            take_away(access, placed)
        if isinstance(error, (OSError, NotImplementedError)):
            raise FrameError(_reason(url, error)) from error
        raise
    return tuple(found)


def take_away(access: Access, urls: Iterable[Url]) -> None:
    """Delete files; those that are gone, or cannot be deleted, are passed over."""
    for url in urls:
        with suppress(OSError, NotImplementedError, UnveilError):
            access.at(url, lambda system, path: system.rm_file(path))


def _place(access: Access, root: Url, path: Path, url: Url, overwrite: bool) -> SourceFile:
    try:
        if url.protocol in WHOLE:
            _put_whole(access, path, url, overwrite)
        else:
            _put_beside(access, root, path, url, overwrite)
    except FileExistsError:
        # A try whose answer was lost may have put it there itself.
        if not _is_there(access, url, path):
            raise
    return access.at(url, lambda system, name: _checked(file_facts(system.info(name)), path))


def _put_whole(access: Access, path: Path, url: Url, overwrite: bool) -> None:
    exclusive = {"mode": "create"} if url.protocol in EXCLUSIVE and not overwrite else {}

    def put(system: Any, name: str) -> None:
        if not overwrite and system.exists(name):
            raise FileExistsError
        try:
            system.put_file(str(path), name, **exclusive)
        except (OSError, NotImplementedError) as error:
            if not exclusive or getattr(error, "errno", errno.ENOSYS) != errno.ENOSYS:
                raise
            system.put_file(str(path), name)  # a server that does not know how

    access.at(url, put)


def _put_beside(access: Access, root: Url, path: Path, url: Url, overwrite: bool) -> None:
    part = root / PARTS / f"{uuid.uuid4().hex}.part"

    def put(system: Any, name: str) -> None:
        beside = name.removesuffix(str(url.relative_to(root))) + f"{PARTS}/{part.name}"
        system.makedirs(beside.rpartition("/")[0], exist_ok=True)
        system.put_file(str(path), beside)
        _checked(file_facts(system.info(beside)), path)
        system.makedirs(name.rpartition("/")[0], exist_ok=True)
        if not overwrite and system.exists(name):
            raise FileExistsError
        system.mv(beside, name)

    try:
        access.at(url, put)
    except BaseException:
        take_away(access, (part,))
        raise


def _checked(found: SourceFile, path: Path) -> SourceFile:
    if found.size not in (UNKNOWN_SIZE, size := path.stat().st_size):
        raise ConnectionError(f"{found.size} of {size} bytes arrived")
    return found


def _is_there(access: Access, url: Url, path: Path) -> bool:
    return read_remote(url, access).xxh3 == xxh3(path)


def _reason(url: Url, error: Exception) -> str:
    if isinstance(error, FileExistsError):
        return f"{shown(url)} appeared while the frame was being developed; it was left as it is"
    return f"{shown(url)} cannot be written: {words(error)}"
