"""The ways in which published pairs lie in folders."""

from __future__ import annotations

import re
from pathlib import Path

from ..pipeline.errors import RecipeError
from .pairs import Pair
from .photographs import SUFFIXES

FOLDERS = (("blended", "transmission_layer"), ("blended", "transmission"), ("I", "T"), ("testB", "testA1"))
"""Pictures of the same stem in two folders: Real20 as published by Zhang et al. and in later releases; ours; short
names; IBCLN's."""
_MIXTURE = re.compile(r"(?:mixture|m)((?:[-_. 0-9].*)?)", re.IGNORECASE)
_TRUTH = re.compile(r"(?:ground[-_ ]?truth|gt|g)((?:[-_. 0-9].*)?)", re.IGNORECASE)
"""SIR2's names: `m.jpg` and `g.jpg` (and `r.jpg`, which is not needed) in a folder for each scene, perhaps with what
they have in common behind, as in `m-F11.png` and `g-F11.png`."""


def find_pairs(folder: Path) -> list[Pair]:
    """Return the pairs of a folder in whichever of the known ways they lie there, sorted by name; [] in none."""
    for mixtures, truths in FOLDERS:
        if (folder / mixtures).is_dir() and (folder / truths).is_dir():
            return _by_folders(folder / mixtures, folder / truths)
    return _by_names(folder)


def _by_folders(mixtures: Path, truths: Path) -> list[Pair]:
    by_stem = {path.stem: path for path in _pictures(truths)}
    pairs = []
    for path in _pictures(mixtures):
        if path.stem not in by_stem:
            raise RecipeError(f"{path}: no picture of this stem in {truths}")
        pairs.append(Pair(path.stem, path, by_stem[path.stem]))
    return pairs


def _by_names(folder: Path) -> list[Pair]:
    """Return pairs of one folder for each scene, anywhere below; folders that have no truth are passed over."""
    places = sorted({path.parent for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES})
    return [pair for place in places for pair in _scene(folder, place)]


def _scene(root: Path, place: Path) -> list[Pair]:
    mixtures, truths = ({rest: path for path, rest in _matching(place, kind)} for kind in (_MIXTURE, _TRUTH))
    pairs = []
    for rest, path in mixtures.items():
        truth = truths.get(rest) or (next(iter(truths.values())) if len(truths) == 1 else None)
        if truth is None and truths:
            raise RecipeError(f"{path}: which of {', '.join(p.name for p in truths.values())} is its truth?")
        if truth is not None:
            pairs.append(Pair(path.relative_to(root).with_suffix("").as_posix(), path, truth))
    return pairs


def _matching(place: Path, kind: re.Pattern[str]) -> list[tuple[Path, str]]:
    found = ((path, kind.fullmatch(path.stem)) for path in _pictures(place))
    return [(path, match[1].casefold()) for path, match in found if match]


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
