"""Leaders that end the process which develops them.

Every frame of a group would end one more process. So a process leaves a mark while it develops a leader for another
frame; a mark of a process that is no more says that this leader is not to be tried again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import xxhash

from ..publish import is_running, remove
from ..receipts import FOLDER


@contextmanager
def marked(output: Path, leader: Path) -> Iterator[None]:
    """Mark a leader as being developed by this process; where no mark can be left, nothing is marked.

    Marks of dead processes go with unfinished receipts, when the run ends.
    """
    mark = _stem(output, leader).with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    try:
        yield
    finally:
        remove((mark,))


def is_deadly(output: Path, leader: Path) -> bool:
    """Return whether a process of this machine died while it developed a leader for another frame of this run."""
    stem = _stem(output, leader)
    owners = (mark.suffix.removeprefix(".") for mark in stem.parent.glob(f"{stem.name}.*"))
    return any(owner.isdecimal() and not is_running(int(owner)) for owner in owners)


def _stem(output: Path, leader: Path) -> Path:
    """Return the beginning of the marks of a leader on this machine."""
    name = xxhash.xxh3_64_hexdigest(os.fsencode(leader) + socket.gethostname().encode())
    return output / FOLDER / f"lead-{name}"
