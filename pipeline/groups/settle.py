"""The groups of a run and who leads them, settled before any work."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from statistics import median_low

from ..errors import RecipeError
from ..inputs import RAW_SUFFIXES, natural
from ..naming import CaptureFacts
from ..registry import Registry
from ..resume import Task
from ..url import Place, Url
from .group import Grouping, Member
from .likeness import Glimpse
from .scenes import scenes

Facts = Mapping[Path, CaptureFacts]
Kind = tuple[str, bool, str]
"""What frames of a group have in common: their folder, where it matters; whether they are RAW files; the camera."""


def settle_groups(sources: Iterable[Place], registry: Registry, grouping: Grouping) -> Mapping[Path, Member]:
    """Return the place of each frame that is in a group of two or more.

    Groups depend on nothing but the files: not on their order, and not on what an earlier run has done. Frames of two
    cameras, or RAW files and finished pictures, are never in one: what is right for the one is not for the other.

    Parameters
    ----------
    sources
        All frames of the run, also those that are done already.
    registry
        Tells when and how frames were taken, and what they look like.

    Raises
    ------
    RecipeError
        A source is elsewhere.
    """
    if grouping is Grouping.NONE:
        return {}
    every = sorted({_here(source, grouping) for source in sources}, key=natural)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda source: _facts(source, registry), every)
        facts = dict(zip(every, found, strict=True))
    groups: list[Sequence[Path]] = []
    for kind in _kinds(facts, grouping is Grouping.FOLDER):
        groups += [kind] if grouping is Grouping.FOLDER else _scenes(kind, facts, registry)
    return {
        source: member
        for group in groups
        if len(group) > 1
        for member in [Member(leader=leader_of(group, facts), size=len(group), by=grouping)]
        for source in group
    }


def leader_of(group: Iterable[Path], facts: Facts) -> Path:
    """Return the frame that the others follow.

    That is the one in the middle of the exposures, of a bracket the one that is exposed as metered; of several with
    that exposure the first that was taken, so that frames which are added later change nothing. Frames of which nobody
    knows the exposure come after the others.
    """
    ordered = sorted(group, key=lambda source: (facts[source].taken or datetime.max, natural(source)))
    known = [value for source in ordered if (value := facts[source].exposure) is not None]
    middle = median_low(known) if known else None
    return next(source for source in ordered if facts[source].exposure == middle)


def leaders_first(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return tasks such that each group stands together, its leader before the others."""
    place: dict[Place, int] = {}
    for index, task in enumerate(tasks):
        place.setdefault(_first(task), index)
    return tuple(sorted(tasks, key=lambda task: (place[_first(task)], task.source != _first(task))))


def _here(source: Place, grouping: Grouping) -> Path:
    if isinstance(source, Url):
        raise RecipeError(
            f"{source}: frames that are elsewhere cannot be grouped (group: {grouping.value}), as every worker would "
            "have to fetch the leaders too; copy them here first, or give --group none"
        )
    return Path(os.path.abspath(source))


def _first(task: Task) -> Place:
    return task.member.leader if task.member is not None else task.source


def _facts(source: Path, registry: Registry) -> CaptureFacts:
    found: CaptureFacts | None = registry.hook.unveil_capture_facts(source=source)
    return found or CaptureFacts()


def _kinds(facts: Facts, by_folder: bool) -> list[list[Path]]:
    kinds: dict[Kind, list[Path]] = defaultdict(list)
    for source, found in facts.items():
        folder = str(source.parent) if by_folder else ""
        kinds[folder, source.suffix.lower() in RAW_SUFFIXES, found.camera].append(source)
    return list(kinds.values())


def _scenes(kind: Sequence[Path], facts: Facts, registry: Registry) -> list[Sequence[Path]]:
    def glimpse(source: Path) -> Glimpse | None:
        found: Glimpse | None = registry.hook.unveil_glimpse(source=source)
        return found

    return list(scenes({source: facts[source] for source in kind}, glimpse))
