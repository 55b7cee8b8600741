"""What to do where the name of a result is taken. Alone in its module, for the command line reads it at its start."""

from __future__ import annotations

from enum import StrEnum


class Existing(StrEnum):
    """What becomes of a frame whose files would be in the way of files that are no results of its own."""

    SKIP = "skip"
    """It is not made; two frames of a run that would write one file are a mistake."""
    OVERWRITE = "overwrite"
    """It is made, and replaces them; everything is done again."""
    UNIQUE = "unique"
    """It is made, with a number behind the names of its files."""
