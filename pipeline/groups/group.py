"""What a group of frames is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Grouping(StrEnum):
    """Which frames of a run are developed alike."""

    NONE = "none"
    """Each by itself."""
    FOLDER = "folder"
    """Those of one camera in one folder."""
    AUTO = "auto"
    """Those of one camera that were taken one after another and show the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A frame's place in its group."""

    leader: Path
    """Absolute path of the frame whose decisions the others take; of the leader itself too."""
    size: int
    """Frames in the group, 2 or more."""
    by: Grouping

    def words(self, source: Path) -> str:
        """Return what is said of a frame of the group in its trail."""
        place = "leads" if source == self.leader else f"follows {self.leader.name} in"
        return f"{place} a group of {self.size} frames (group: {self.by.value})"
