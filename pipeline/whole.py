"""Small files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import EnvironmentFailure
from .shown import shown


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its name and rename it: it is there whole or not at all (`EnvironmentFailure`).

    Text is written in UTF-8.
    """
    temporary = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        os.replace(temporary, path)
    except OSError as error:
        raise EnvironmentFailure(f"{shown(path)} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
