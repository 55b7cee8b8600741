"""How to watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ..existing import Existing

AGAIN = 30.0
"""Seconds after which is tried again what could not be had: a folder, room on a disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How to watch."""

    incoming: Path
    """Absolute."""
    output: Path
    """Absolute."""
    every: float = 2.0
    """Seconds between looks."""
    existing: Existing = Existing.UNIQUE
    once: bool = False
    """End when what is there is done."""
    debug: bool = False
    """Keep the traceback of failed frames."""
    jobs: int | None = None
    """Worker processes; None: what suits the machine; 0: none, everything in this process."""
    clock: Callable[[], float] = monotonic
    """Seconds; only differences count."""
    max_memory: int | None = None
    """Bytes that networks may take together."""
