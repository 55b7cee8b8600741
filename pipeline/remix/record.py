"""Records: what a stage found in a frame, so that the rest can be done again without finding it anew.

A record is a safetensors file. Its tensors are the stage's own business; where it is from stands in its metadata.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import FrameError, RecipeError
from ..hashing import sha256

SUFFIX = ".unveil"
ROLE = "record"
"""Role of a record among the outputs of a frame."""
VERSION = 1
KEY = "unveil"
"""In the file's metadata: a JSON object with the fields of `Facts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Where a record is from."""

    source: str
    """Absolute path of the frame's file when the record was made."""
    sha256: str
    """Of that file, hexadecimal."""
    recipe: str
    """The recipe as YAML."""
    place: int
    """Index of the stage in it."""
    method: str
    program: str
    """Version of unveil."""
    shape: tuple[int, int, int]
    """Of the frame's pixels at the stage."""
    size: tuple[int, int]
    """Height and width of what the method saw."""
    notes: tuple[str, ...] = ()
    sequence: int = 0
    """Number of the frame, for names that hold it."""
    job: str = ""
    """The same for the job."""
    version: int = VERSION


def read_facts(path: Path) -> Facts:
    """Return where a record is from; its tensors are not read.

    Raises
    ------
    RecipeError
        It cannot be read, is no record, or one of a version that is not known.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            held = json.loads((file.metadata() or {})[KEY])
        if held["version"] != VERSION:
            raise RecipeError(f"{path}: a record of version {held['version']}; this program reads {VERSION}")
        tuples = {key: tuple(held[key]) for key in ("shape", "size", "notes")}
        return Facts(**{**held, **tuples})
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise RecipeError(f"{path}: not a whole record ({type(error).__name__})") from error


def source_hash(path: Path) -> str:
    """Return the SHA-256 of a source in hexadecimal; `FrameError` where it cannot be read."""
    try:
        return sha256(path)
    except OSError as error:
        raise FrameError(f"{path}: cannot be read: {error.strerror}") from error
