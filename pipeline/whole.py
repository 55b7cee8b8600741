"""Text files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import EnvironmentFailure
from .shown import shown


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its name and rename it: it is there whole or not at all (`EnvironmentFailure`)."""
    temporary = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        temporary.write_text(text, "utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise EnvironmentFailure(f"{shown(path)} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
