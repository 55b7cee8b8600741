"""One run at a time for each output folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import EnvironmentFailure
from ..shown import shown

NAME = ".unveil.lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder; the system lets go of it when this process ends, however that is.

    Raises
    ------
    EnvironmentFailure
        Another run has it, on this machine or on another that shares the folder; or it cannot be locked.
    """
    path = folder / NAME
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise EnvironmentFailure(
            f"another run{_who(path)} writes into {shown(folder)}; wait for it, or give another output folder"
        ) from error
    except (OSError, NotImplementedError) as error:
        raise EnvironmentFailure(f"the output folder {shown(folder)} cannot be locked: {error}") from error
    try:
        with suppress(OSError):
            path.write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
        yield
    finally:
        lock.release()


def _who(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        if text := path.read_text("utf-8").strip():
            return f" ({text})"
    return ""
