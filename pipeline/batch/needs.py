"""How much memory a frame will need, told from headers before anything is decoded."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..plan import Plan

BASE = 512 * 2**20
"""Bytes of a process that has built a plan, with its libraries, networks and what a network needs for a tile."""
PER_PIXEL = 112
"""Bytes that a frame needs for each pixel while it is made: measured 94 to 97 with `window` at 23 and 49 megapixels, 56
with `develop` at 23; a sixth more, since other recipes keep more layers."""
UNKNOWN = 24_000_000
"""Pixels of a frame whose header does not tell."""
STATED, READ = 1000, 8
"""Sources whose sizes are looked at, and, of each suffix, whose headers are read: those of one camera are alike."""


def bytes_for(pixels: int) -> int:
    """Return the bytes of a process that makes a frame of that size."""
    return BASE + PER_PIXEL * pixels


def frame_bytes(plan: Plan, sources: Sequence[Path]) -> int:
    """Return the bytes that the largest of some frames of a run needs, with the process that makes it."""
    start = plan.stages[0]
    count = start.spec.pixels
    if count is None:
        return bytes_for(UNKNOWN)
    found = [count(start.parameters, source) for source in _some(sources)]
    return bytes_for(max((pixels or UNKNOWN for pixels in found), default=UNKNOWN))


def _some(sources: Sequence[Path]) -> Iterable[Path]:
    """Choose sources of each suffix from the smallest file to the largest, which is among them."""
    kinds: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for source in sources[:: -(-len(sources) // STATED) or 1]:
        kinds[source.suffix.lower()].append((_size(source), source))
    for files in kinds.values():
        files.sort()
        steps = min(READ, len(files))
        yield from {files[-1 - n * (len(files) - 1) // max(1, steps - 1)][1]: None for n in range(steps)}


def _size(source: Path) -> int:
    try:
        return os.stat(source).st_size
    except OSError:
        return 0
