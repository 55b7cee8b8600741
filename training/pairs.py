"""Paired folders: `blended/` and `transmission/` with files of the same stem."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..pipeline.errors import RecipeError
from .photographs import SUFFIXES


@dataclass(frozen=True, slots=True)
class Pair:
    """A photograph through glass and the same view without."""

    name: str
    blended: Path
    transmission: Path


def list_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of a folder, sorted by name.

    Raises
    ------
    RecipeError
        If the sub-folders are missing, hold no pictures, or a blended picture has no transmission.
    """
    for part in ("blended", "transmission"):
        if not (folder / part).is_dir():
            raise RecipeError(
                f"{folder}: has no folder {part}/; pairs are kept in blended/ and transmission/, by the same stem"
            )
    truths = {p.stem: p for p in _pictures(folder / "transmission")}
    pairs = []
    for blended in _pictures(folder / "blended"):
        if blended.stem not in truths:
            raise RecipeError(f"{blended}: no picture of this stem in {folder / 'transmission'}")
        pairs.append(Pair(blended.stem, blended, truths[blended.stem]))
    if not pairs:
        raise RecipeError(
            f"{folder / 'blended'}: no pictures there; allowed are {', '.join(sorted(SUFFIXES))}"
        )
    return pairs


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
