"""Names that are in nobody's way: a number goes behind those that are taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import PurePosixPath

from .ledger import Ledger
from .naming import Naming
from .url import Place

_NUMBER = re.compile(r"_(\d+)(?=\.[^./]*$|$)")


def make_unique(
    frames: Iterable[tuple[Place, Naming]],
    outputs: Callable[[Naming], Sequence[PurePosixPath]],
    taken: Callable[[PurePosixPath], object],
    ledger: Ledger | None,
) -> Iterator[Naming]:
    """Yield the naming of each frame, numbered where its files would be in the way of others.

    A frame whose files the ledger knows keeps their names.

    Parameters
    ----------
    frames
        Sources, absolute, and what their files would be called after.
    outputs
        A naming to its files, relative to the output folder.
    taken
        A name to what lies there, a file or a frame before this one; each name that is given out is taken from then on.
    ledger
        Of the output folder.
    """
    given: set[str] = set()
    following: dict[str, int] = {}
    """Number from which on to try, by the plain name: of many frames of one name each would try all others'."""
    for source, naming in frames:
        known = ledger.get(str(source)) if ledger else None
        own = {written.path for written in known.outputs} if known else set()
        plain = "".join(map(_folded, outputs(naming)))

        def free(number: int, naming: Naming = naming, own: set[str] = own) -> bool:
            names = outputs(replace(naming, number=number))
            return given.isdisjoint(map(_folded, names)) and all(
                name.as_posix() in own or not taken(name) for name in names
            )

        number = _earlier(naming, outputs, own)
        if number is None or not free(number):
            number = next(filter(free, count(following.get(plain, 1))))
            following[plain] = number + 1
        unique = replace(naming, number=number)
        given.update(map(_folded, outputs(unique)))
        yield unique


def _earlier(
    naming: Naming, outputs: Callable[[Naming], Sequence[PurePosixPath]], own: set[str]
) -> int | None:
    """Return the number that the frame's files have had; None where they have none."""
    found = {int(match.group(1)) for path in own if (match := _NUMBER.search(path))}
    for number in (1, *sorted(found)):
        if any(name.as_posix() in own for name in outputs(replace(naming, number=number))):
            return number
    return None


def _folded(name: PurePosixPath) -> str:
    return name.as_posix().casefold()
