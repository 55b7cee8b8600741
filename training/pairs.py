"""Paired folders: `blended/` and `transmission/`, perhaps `reflection/`, with files of the same stem."""

from __future__ import annotations

from collections.abc import Collection
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
    reflection: Path | None = None
    """What the glass reflected alone, where there is such a picture."""


def list_pairs(folder: Path, leave_out: Collection[str] = ()) -> list[Pair]:
    """Return the pairs of a folder, sorted by name, without those named in `leave_out`.

    Raises
    ------
    RecipeError
        If the sub-folders are missing, hold no pictures, a blended picture has no transmission, or a pair to
        leave out is not there.
    """
    for part in ("blended", "transmission"):
        if not (folder / part).is_dir():
            raise RecipeError(
                f"{folder}: has no folder {part}/; pairs are kept in blended/ and transmission/, by the same stem"
            )
    truths = _by_stem(folder / "transmission")
    reflections = _by_stem(folder / "reflection") if (folder / "reflection").is_dir() else {}
    pairs = []
    for stem, blended in _by_stem(folder / "blended").items():
        if stem not in truths:
            raise RecipeError(f"{blended}: no picture of this stem in {folder / 'transmission'}")
        pairs.append(Pair(stem, blended, truths[stem], reflections.get(stem)))
    if not pairs:
        raise RecipeError(
            f"{folder / 'blended'}: no pictures there; allowed are {', '.join(sorted(SUFFIXES))}"
        )
    for name in leave_out:
        if name not in {pair.name for pair in pairs}:
            raise RecipeError(f"{folder}: has no pair {name!r} to leave out")
    left = [pair for pair in pairs if pair.name not in leave_out]
    if not left:
        raise RecipeError(f"{folder}: all of its pairs are left out")
    return left


def _by_stem(folder: Path) -> dict[str, Path]:
    return {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES}
