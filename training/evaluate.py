"""Measure a method, or pictures already made, on pairs of photographs with and without glass.

A method runs as recipes run it: through the `separate` stage, in `display-rgb`. What is measured, and how, says
`figures.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from ..pipeline.errors import FrameError, RecipeError
from ..pipeline.frame import Frame, Space
from .aligned import unaligned
from .figures import Sizing, measure
from .lpips import Lpips
from .pairs import Pair
from .photographs import SUFFIXES, read_display
from .protocols import PairSet
from .scores import Row

if TYPE_CHECKING:
    from ..pipeline.stage import Stage


def leave_out(
    sets: Sequence[PairSet], names: Collection[str], with_unaligned: bool = False
) -> tuple[list[PairSet], dict[str, str]]:
    """Return the sets without the pairs named and those marked as not aligned, and the latter with their reasons.

    Raises
    ------
    RecipeError
        A name is of no pair, or a set has none left.
    """
    known = {pair.name for each in sets for pair in each.pairs}
    for name in names:
        if name not in known:
            raise RecipeError(f"{sets[0].folder}: has no pair {name!r} to leave out")
    kept: list[PairSet] = []
    left_out: dict[str, str] = {}
    for each in sets:
        out = {} if with_unaligned else _not_aligned(each)
        out |= {pair.name: "asked for" for pair in each.pairs if pair.name in names}
        pairs = [pair for pair in each.pairs if pair.name not in out]
        if not pairs:
            raise RecipeError(f"{each.folder}: all of its pairs are left out")
        kept.append(replace(each, pairs=pairs))
        left_out |= out
    return kept, left_out


def evaluate_sets(
    sets: Iterable[PairSet],
    stage: Stage,
    sizing: Sizing,
    lpips: Lpips | None = None,
    progress: Callable[[Row], None] = lambda row: None,
) -> tuple[Row, ...]:
    """Measure a built `separate` stage on pairs.

    Parameters
    ----------
    sets : iterable of PairSet
        As `find_sets` and `leave_out` give them.
    stage : Stage
        Takes and gives DISPLAY_RGB frames.
    sizing : Sizing
        At which size pairs are shown and measured.
    lpips : Lpips, optional
        Measures that distance as well.
    progress : callable
        Called with each row as soon as it is known.

    Raises
    ------
    FrameError
        If the two pictures of a pair differ in size or are too small to measure.
    """
    rows = []
    for each in sets:
        for pair in each.pairs:
            try:
                row = _measure(each.name, pair, stage, sizing, lpips)
            except ValueError as error:
                raise FrameError(f"{pair.blended}: cannot be measured: {error}") from error
            progress(row)
            rows.append(row)
    return tuple(rows)


def made(folder: Path, sizing: Sizing) -> Stage:
    """Return a stage that answers with a picture of a folder, by the stem of the photograph.

    Raises
    ------
    RecipeError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise RecipeError(f"{folder}: there is no such folder")
    pictures = {p.stem: p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES}
    return partial(_answer, folder, pictures, sizing)


def _not_aligned(each: PairSet) -> dict[str, str]:
    found = unaligned(each.folder, each.pairs)
    return {name: f"not aligned, says {where}" for name, where in found.items()}


def _answer(folder: Path, pictures: dict[str, Path], sizing: Sizing, frame: Frame) -> Frame:
    stem = Path(frame.source).stem
    if stem not in pictures:
        raise FrameError(f"{frame.source}: no picture of this stem in {folder}")
    answer = sizing(read_display(pictures[stem]).float() / 255)
    if answer.shape != frame.image().shape:
        raise FrameError(
            f"{pictures[stem]}: is {_size(answer)}, but {frame.source} is {_size(frame.image())}"
        )
    return replace(frame, pixels=answer)


def _measure(of: str, pair: Pair, stage: Stage, sizing: Sizing, lpips: Lpips | None) -> Row:
    blended, truth = (read_display(p).float() / 255 for p in (pair.blended, pair.transmission))
    if blended.shape != truth.shape:
        raise FrameError(
            f"{pair.blended}: is {_size(blended)}, but {pair.transmission} is {_size(truth)}; "
            "the pictures of a pair must have one size"
        )
    blended, truth = sizing(blended), sizing(truth)
    frame = Frame(
        source=pair.blended, pixels=blended, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb"
    )
    answer = stage(frame).image().cpu().clamp(0, 1)
    return Row(
        set=of, name=pair.name, result=measure(answer, truth, lpips), input=measure(blended, truth, lpips)
    )


def _size(picture: Tensor) -> str:
    return f"{picture.shape[-1]} x {picture.shape[-2]}"
