"""Files, folders and globs to the list of sources of a shoot."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

from .errors import RecipeError
from .shown import shown
from .url import Place, Url, here, is_url

P = TypeVar("P", bound=Place)

# fmt: off
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".dcr", ".dcs", ".dng", ".erf", ".fff",
    ".gpr", ".iiq", ".k25", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".ptx",
    ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
})
# fmt: on
"""Suffixes under which cameras and converters write RAW files, after LibRaw's list of supported cameras."""
JPEG_SUFFIXES = frozenset({".jpeg", ".jpg"})
PICTURE_SUFFIXES = RAW_SUFFIXES | JPEG_SUFFIXES | {".png", ".tif", ".tiff"}
"""What counts as a picture in a folder. A file that is named outright is tried whatever its suffix."""


def find_sources(inputs: Sequence[str | Path]) -> tuple[Path, ...]:
    """Return the files that the arguments name, each once.

    A file is itself. A folder is the pictures directly in it (`PICTURE_SUFFIXES`, hidden files left out). A
    glob is what it matches, with `**` for any depth; one that ends without a suffix (`shoot/*`) takes
    pictures only. The order is that of the arguments, and natural within a folder or glob: `IMG_2` before
    `IMG_10`.

    A folder whose own name ends like a picture's and that holds none (`x.NEF/`) is kept as a source, so that
    it is reported as a frame that cannot be read.

    Raises
    ------
    RecipeError
        A path does not exist, a glob matches nothing, a folder holds no pictures or cannot be listed; every
        such argument at once.
    """
    sources: dict[Path, Path] = {}
    problems: list[str] = []
    for given in inputs:
        try:
            for source in _expand(here(os.fspath(given))):
                sources.setdefault(Path(os.path.realpath(source)), source)
        except RecipeError as error:
            problems.extend(error.problems)
    if problems:
        raise RecipeError(*problems)
    return tuple(sources.values())


def leave_out(
    sources: Iterable[P], output: Place, results: Iterable[PurePath]
) -> tuple[tuple[P, ...], tuple[P, ...]]:
    """Split sources into those to develop and those that are results of an earlier run into the same folder.

    Parameters
    ----------
    sources
        As `find_sources` gives them.
    output
        The output folder.
    results
        Files that the ledger of the output folder says were written, relative to it.
    """
    known = {_identity(output / result) for result in results}
    kept: list[P] = []
    left: list[P] = []
    for source in sources:
        (left if _identity(source) in known else kept).append(source)
    return tuple(kept), tuple(left)


def leave_jpegs_of_raws(sources: Iterable[P]) -> tuple[tuple[P, ...], tuple[P, ...]]:
    """Split sources into those to develop and the JPEGs that the camera wrote beside a RAW of the same name."""
    every = tuple(sources)
    raws = {source.with_suffix("") for source in every if source.suffix.lower() in RAW_SUFFIXES}
    jpegs = tuple(s for s in every if s.suffix.lower() in JPEG_SUFFIXES and s.with_suffix("") in raws)
    left = frozenset(jpegs)
    return tuple(source for source in every if source not in left), jpegs


def natural(path: PurePath) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that compares runs of digits as numbers and letters without case."""
    parts = re.split(r"(\d+)", str(path).casefold())
    # isdecimal() also holds for digits of other scripts, which int() reads too.
    return tuple((1, int(p), p) if p.isdecimal() else (0, 0, p) for p in parts)


def is_picture(path: PurePath) -> bool:
    """Return whether the suffix is one that counts in a folder."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def may_exist(path: Path) -> bool:
    """Return whether something has this name, or its folder may not be searched: then reading it says why."""
    try:
        path.lstat()
    except PermissionError:
        return True
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        return False
    return True


def _expand(text: str) -> Iterator[Path]:
    if is_url(text):
        raise RecipeError(
            f"{text.partition('://')[0]}://...: URLs are for `unveil run`; fetch the file first"
        )
    path = Path(text)
    if os.path.isdir(path):
        return _in_folder(path)
    if may_exist(path) and not (glob.has_magic(text) and not os.path.lexists(path)):
        return iter((path,))
    if glob.has_magic(text):
        return _matching(text)
    raise RecipeError(f"{shown(text)}: no such file or folder")


def _in_folder(folder: Path) -> Iterator[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise RecipeError(f"{shown(folder)}: the folder cannot be listed: {error.strerror}") from error
    found = _sorted(entries, lambda path: is_picture(path) and not path.name.startswith("."))
    if found:
        return iter(found)
    if is_picture(folder):
        return iter((folder,))
    raise RecipeError(
        f"{shown(folder)}: no pictures directly in this folder; "
        f"for those in its subfolders give '{shown(folder / '**/*')}'"
    )


def _matching(pattern: str) -> Iterator[Path]:
    any_suffix = Path(pattern).suffix == ""
    matches = (Path(match) for match in glob.iglob(pattern, recursive=True))
    found = _sorted(matches, lambda path: is_picture(path) or not (any_suffix or path.is_dir()))
    if not found:
        raise RecipeError(f"{shown(pattern)}: nothing matches this pattern")
    return iter(found)


def _sorted(paths: Iterable[Path], wanted: Callable[[Path], bool]) -> list[Path]:
    return sorted(filter(wanted, paths), key=natural)


def _identity(place: Place) -> Place:
    """Return what two names of one file have in common; a symbolic link is the file it points to."""
    return place if isinstance(place, Url) else Path(os.path.realpath(place))
