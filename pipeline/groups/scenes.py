"""Which frames show one scene: taken one after another, and alike whatever their exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ..inputs import natural
from ..naming import CaptureFacts
from .likeness import Glimpse, light_of, likeness

GAP = 60.0
"""Seconds between the beginnings of two exposures of one scene: two of 30 s, the longest that cameras time themselves,
still follow each other. Many more scenes than one fit into a minute; that is for `ALIKE` to tell."""
ALIKE = 0.4
"""Likeness from which two frames show the same. Of 150 photographs, each taken again with -3 to +3 EV or moved by up to
3 % of its long side, the least likeness was 0.52; of 4,370 pairs of two photographs the greatest was 0.31."""
RECENT = 9
"""Frames of a scene that another is held against: a bracket has seldom more, and a long series changes slowly."""


def scenes(
    facts: Mapping[Path, CaptureFacts], glimpse: Callable[[Path], Glimpse | None]
) -> Iterator[tuple[Path, ...]]:
    """Yield frames of one camera that show one scene, as they were taken; those that stand alone as well.

    Each frame is held against the one of the scene so far that is nearest to it in brightness. A frame of which nobody
    knows when it was taken, or that cannot be looked at, stands alone.

    Parameters
    ----------
    facts
        When the frames were taken.
    glimpse
        Gives the small picture of a frame; asked only for frames that were taken within `GAP` of another.
    """
    yield from ((source,) for source, found in facts.items() if found.taken is None)
    for run in _runs(facts):
        yield from _split(run, glimpse) if len(run) > 1 else (tuple(run),)


def _runs(facts: Mapping[Path, CaptureFacts]) -> Iterator[list[Path]]:
    """Yield frames that were taken one after another."""
    run: list[Path] = []
    last = datetime.min
    dated = [(found.taken, source) for source, found in facts.items() if found.taken is not None]
    for taken, source in sorted(dated, key=lambda one: (one[0], natural(one[1]))):
        if run and (taken - last).total_seconds() > GAP:
            yield run
            run = []
        run.append(source)
        last = taken
    if run:
        yield run


def _split(run: Sequence[Path], glimpse: Callable[[Path], Glimpse | None]) -> Iterator[tuple[Path, ...]]:
    scene: list[Path] = []
    seen: list[Glimpse] = []
    for source in run:
        found = glimpse(source)
        if scene and (found is None or not _is_alike(found, seen)):
            yield tuple(scene)
            scene, seen = [], []
        if found is None:
            yield (source,)
            continue
        scene.append(source)
        seen = [*seen, found][-RECENT:]
    if scene:
        yield tuple(scene)


def _is_alike(found: Glimpse, seen: Iterable[Glimpse]) -> bool:
    nearest = min(seen, key=lambda other: abs(light_of(other) - light_of(found)))
    return likeness(found, nearest) >= ALIKE
