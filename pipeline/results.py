"""What came of a frame, as plain data that crosses processes and goes into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from .frame import TrailEntry

FLAGGED = "flagged"
"""The score, 1, by which a stage says that somebody should look at the frame."""


class Status(StrEnum):
    """What came of a frame."""

    DONE = "done"
    """All its outputs stand under their final names."""
    SKIPPED = "skipped"
    """Nothing was done: an output was there already."""
    FAILED = "failed"
    """Nothing of it was left behind; `FrameResult.reason` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written."""

    path: str
    """Relative to the output folder, with forward slashes."""
    role: str
    """The layer it shows, as `frame.Output.role`."""
    size: int
    """Bytes."""
    changed: int = 0
    """Time when it was written, nanoseconds since 1970."""
    xxh3: str = ""
    """Of the file."""
    made_by: str = ""
    """SHA-256 of all that decides the file but the source: see `plan_hash.file_hashes`."""
    tag: str = ""
    """What a store elsewhere says of its content, e.g. an ETag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A source as it was when it was read."""

    size: int
    """Bytes."""
    changed: int
    """Time of its last change, nanoseconds since 1970."""
    xxh3: str
    tag: str = ""
    """What a store elsewhere says of its content, e.g. an ETag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameResult:
    """What came of one frame."""

    source: str
    """Absolute path of the source, or its URL."""
    status: Status
    reason: str = ""
    """Why it was skipped or failed, one sentence."""
    outputs: tuple[Written, ...] = ()
    seconds: float = 0.0
    device: str = ""
    trail: tuple[TrailEntry, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    source_file: SourceFile | None = None
    """Of a frame that is done."""
    tried: SourceFile | None = None
    """Of a frame that failed in a hot folder: the source as it was then, without its hash."""
    beside: str = ""
    """Hash of the files beside the source that were read too, as `beside.beside` gives it; empty: there were none."""
    plan: str = ""
    """Hash of the plan, as `plan.Plan.hash`."""
    leader: str = ""
    """Absolute path of the frame that leads its group; empty: it is in none."""
    leader_file: SourceFile | None = None
    """Of a frame that is done and follows another: that one as it was."""
    leader_beside: str = ""
    """As `beside`, of the frame that it follows."""
    sequence: int = 0
    """Number of the frame in the output folder, where names hold it; 0: they do not."""
    worker: str = ""
    """Process that did it, e.g. `4711@studio-2`."""
    finished: str = ""
    """When, ISO 8601 in UTC."""
    traceback: str = ""
    """Of a failed frame, where it was asked for."""

    def is_flagged(self) -> bool:
        """Return whether a stage wants somebody to look at the frame."""
        return bool(self.scores.get(FLAGGED))

    def to_json(self) -> dict[str, Any]:
        """Return a dictionary that `json.dumps` takes; `from_json` turns it back."""
        data = asdict(self)
        for file in (*data["outputs"], data["source_file"] or {}):
            if not file.get("tag"):
                file.pop("tag", None)
        return {
            key: value
            for key, value in data.items()
            if value not in ("", None) and not (key == "sequence" and value == 0)
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FrameResult:
        """Return the result that `to_json` gave; `KeyError`, `TypeError` or `ValueError` for other data."""
        known = dict(data)
        known["status"] = Status(known["status"])
        known["outputs"] = tuple(Written(**written) for written in known.get("outputs", ()))
        for name in ("source_file", "leader_file", "tried"):
            if file := known.get(name):
                known[name] = SourceFile(**file)
        known["trail"] = tuple(
            TrailEntry(**{**entry, "notes": tuple(entry["notes"])}) for entry in known.get("trail", ())
        )
        return cls(**known)
