"""Files beside their final names, which the host gives them when the whole frame is good."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, temporary_prefix

LONGEST_NAME = 255
"""Bytes of a file's name on the usual file systems."""


def final_path(frame: Frame, name: str, named: str) -> Path:
    """Return where a file of a frame goes.

    Parameters
    ----------
    frame : Frame
        With a destination.
    name : str
        Relative to the output folder.
    named : str
        Which parameter the name is from, for the advice.

    Raises
    ------
    FrameError
        Outside the output folder, over the source, or over an existing file.
    """
    if frame.destination is None:
        raise ValueError("the frame has no destination to write to")
    folder = frame.destination.folder
    final = folder / name
    if not final.resolve().is_relative_to(folder.resolve()):
        raise FrameError(f"{final}: lies outside the output folder {folder}; change {named}")
    if (size := len(os.fsencode(final.name))) > LONGEST_NAME:
        raise FrameError(
            f"{final}: its name has {size} bytes, a file can have {LONGEST_NAME}; shorten {named}"
        )
    if not os.path.lexists(final):
        return final
    if final.is_dir():
        raise FrameError(f"{final}: is a folder, so that no file can be written there")
    if frame.source.exists() and final.samefile(frame.source):
        raise FrameError(f"{final}: is the source itself, which is never written over; choose another folder")
    if not frame.destination.overwrite:
        raise FrameError(f"{final}: is there already; give --overwrite to replace it")
    return final


def write_beside(final: Path, data: Sequence[bytes]) -> Path:
    """Write the parts of a file beside its final name, safe on the disk, and return its path; nothing stays if that
    fails.
    """
    temporary = final.with_name(f"{temporary_prefix(final)}{os.getpid()}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.writelines(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            reason = (error.strerror or type(error).__name__).lower()
            raise FrameError(f"{final}: cannot be written: {reason}") from error
        raise
    return temporary
