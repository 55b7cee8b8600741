"""Folders for what is fetched; those of processes that died are swept."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FrameError
from ..publish import is_running


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty folder and remove it, whatever happens (`FrameError` where there can be none)."""
    try:
        folder = tempfile.TemporaryDirectory(prefix=f"{_prefix()}{os.getpid()}-", ignore_cleanup_errors=True)
    except OSError as error:
        raise FrameError(
            f"no scratch folder can be made in {tempfile.gettempdir()}: {error.strerror}"
        ) from error
    with folder as path:
        yield Path(path)


def sweep_scratch() -> None:
    """Remove what killed processes of this machine have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_prefix()}*-*"):
        owner = folder.name.removeprefix(_prefix()).partition("-")[0]
        if owner.isdecimal() and not is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _prefix() -> str:
    return f"unveil-{socket.gethostname()}-"
