"""A source and what belongs to it, brought into a folder of this machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePath
from threading import Lock
from typing import Any

from ..errors import EnvironmentFailure, FrameError
from ..hashing import xxh3
from ..inputs import JPEG_SUFFIXES, RAW_SUFFIXES
from ..results import SourceFile
from ..shown import shown
from ..url import Url
from .access import Access, words
from .facts import UNKNOWN_SIZE, file_facts
from .find import listing
from .scratch import scratch_folder

SIDE = ".xmp"


class Fetcher:
    """Fetches frames; a folder is listed once, to see what belongs to its frames."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._names: dict[Url, tuple[str, ...]] = {}
        self._lock = Lock()

    def fetch(self, source: Url, folder: Path) -> SourceFile:
        """Copy a source, its .xmp files and the camera's JPEG beside it into a folder, under their own names.

        Returns
        -------
        SourceFile
            What the source was when it was fetched, without its hash.

        Raises
        ------
        FrameError
            Something is not there, or it changed meanwhile.
        """
        for name in companions(source.name, self._beside(source)):
            _got(self._access, source.with_name(name), folder / name)
        return _got(self._access, source, folder / source.name)

    def _beside(self, source: Url) -> tuple[str, ...]:
        folder = source.parent
        with self._lock:
            if folder not in self._names:
                self._names[folder] = self._listed(source)
            return self._names[folder]

    def _listed(self, source: Url) -> tuple[str, ...]:
        def names(system: Any, path: str) -> dict[str, Any]:
            end = "/" if source.protocol.startswith("http") else ""
            return {info["name"]: info for info in system.ls(path.rstrip("/") + end, detail=True)}

        try:
            found = tuple(url.name for url in listing(self._access, source.parent, names))
        except (OSError, NotImplementedError):
            found = ()
        # A server that lists nothing, or may not be asked: the usual names are tried one by one.
        return found if source.name in found else tuple(self._tried(source))

    def _tried(self, source: Url) -> Iterable[str]:
        for name in _usual(source):
            if self._access.at(source.with_name(name), lambda system, path: system.exists(path)):
                yield name


def companions(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of the files of a folder belong to a frame: its .xmp files, and of a RAW the JPEG of its stem."""
    own, every = PurePath(name), [PurePath(one) for one in names if one != name]
    raw = own.suffix.lower() in RAW_SUFFIXES
    same = [one for one in every if one.stem == own.stem and one.suffix.lower() != SIDE]
    found = []
    for one in every:
        side = one.suffix.lower() == SIDE
        # IMG_1.xmp is the RAW's where there is one, and a finished picture's if nothing else is called so.
        of_stem = one.stem == own.stem and (raw or not same)
        jpeg = raw and one.stem == own.stem and one.suffix.lower() in JPEG_SUFFIXES
        if jpeg or (side and (one.stem == name or of_stem)):
            found.append(one.name)
    return tuple(found)


def _usual(source: Url) -> tuple[str, ...]:
    sides = [source.name + SIDE, source.name + SIDE.upper(), source.stem + SIDE, source.stem + SIDE.upper()]
    jpegs = [f"{source.stem}{suffix}" for suffix in (".jpg", ".JPG", ".jpeg", ".JPEG")]
    return tuple(sides + jpegs if source.suffix.lower() in RAW_SUFFIXES else sides)


def fetch_file(access: Access, url: Url, path: Path) -> SourceFile:
    """Copy one file; return what it was, without its hash.

    Raises
    ------
    FrameError
        It changed meanwhile.
    OSError
        It cannot be fetched.
    """

    def get(system: Any, name: str) -> SourceFile:
        before = file_facts(system.info(name))
        system.get_file(name, str(path))
        if before.size not in (UNKNOWN_SIZE, size := path.stat().st_size):
            raise ConnectionError(f"{size} of {before.size} bytes came")
        system.invalidate_cache()
        if file_facts(system.info(name)) != before:
            raise FrameError(f"{shown(url)}: was changed while it was fetched; run again when it is whole")
        return before

    return access.at(url, get)


def read_remote(url: Url, access: Access | None = None) -> SourceFile:
    """Return what a file elsewhere is, with its hash, for which it is fetched (`OSError`, `FrameError`)."""
    with scratch_folder() as scratch:
        path = scratch / "read"
        found = fetch_file(access or Access(), url, path)
        return replace(found, size=path.stat().st_size, xxh3=xxh3(path))


def _got(access: Access, url: Url, path: Path) -> SourceFile:
    try:
        return fetch_file(access, url, path)
    except FileNotFoundError as error:
        raise FrameError(f"{shown(url)}: is not there any more") from error
    except (OSError, NotImplementedError, EnvironmentFailure) as error:
        raise FrameError(f"{shown(url)}: cannot be fetched: {words(error)}") from error
