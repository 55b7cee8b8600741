"""Which pairs count: two photographs that do not lie on each other cannot be compared pixel by pixel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..pipeline.errors import RecipeError
from .pairs import Pair

LIST = "unaligned.txt"
"""Beside the pairs: one name a line; what follows a # is a remark."""
MANIFEST = "MANIFEST.json"
"""In the folder of the pairs or one of three above: `files`, each with `file` (its path from there) and `aligned`."""
LEVELS = 3


def unaligned(folder: Path, pairs: Sequence[Pair]) -> dict[str, str]:
    """Return the pairs of a folder that are marked as not aligned, by name, each with the file that says so.

    Raises
    ------
    RecipeError
        The list names a pair that is not there, or one of the two files cannot be read.
    """
    return {**_by_manifest(folder, pairs), **_by_list(folder / LIST, pairs)}


def aligned(folder: Path, pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that are not marked; `RecipeError` where none is left."""
    marked = unaligned(folder, pairs)
    left = [pair for pair in pairs if pair.name not in marked]
    if not left:
        raise RecipeError(f"{folder}: all of its pairs are marked as not aligned")
    return left


def _by_list(path: Path, pairs: Sequence[Pair]) -> dict[str, str]:
    if not path.is_file():
        return {}
    names = [line.partition("#")[0].strip() for line in _text(path).splitlines()]
    known = {pair.name for pair in pairs}
    for name in filter(None, names):
        if name not in known:
            raise RecipeError(f"{path}: there is no pair {name!r}")
    return {name: LIST for name in names if name}


def _by_manifest(folder: Path, pairs: Sequence[Pair]) -> dict[str, str]:
    whole = folder.absolute()
    for above in (whole, *whole.parents[:LEVELS]):
        if (above / MANIFEST).is_file():
            marked = {(above / name).resolve() for name in _not_aligned(above / MANIFEST)}
            return {pair.name: MANIFEST for pair in pairs if pair.blended.resolve() in marked}
    return {}


def _not_aligned(path: Path) -> list[str]:
    try:
        data: Any = json.loads(_text(path))
    except ValueError as error:
        raise RecipeError(f"{path}: is not JSON: {error}") from None
    files = data.get("files") if isinstance(data, Mapping) else None
    entries = [entry for entry in files if isinstance(entry, Mapping)] if isinstance(files, list) else []
    return [str(entry["file"]) for entry in entries if entry.get("aligned") is False and "file" in entry]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read: {error}") from None
