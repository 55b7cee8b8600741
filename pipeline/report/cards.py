"""Frames as the page shows them: plain data, all of it printable."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..results import FLAGGED, FrameResult, Written
from ..shown import duration, shown, size
from .pictures import Look

DISPLAYABLE = frozenset({".avif", ".jpeg", ".jpg", ".png", ".webp"})
"""Suffixes of files that browsers show; TIFF is not one of them."""
AFTER, BEFORE, REFLECTION = "transmission", "blended", "reflection"
"""Roles of outputs that the page compares."""
SCORE = "reflection"
"""The score that frames are sorted by: share of the light that was taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A result to download."""

    name: str
    url: str
    role: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFiles:
    """The files of a frame that are there, and those among them that a browser shows."""

    there: tuple[Written, ...]
    after: Written | None
    before: Written | None
    reflection: Written | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A frame as the page shows it; URLs and histograms are empty where there is nothing to show."""

    name: str
    folder: str
    status: str
    reason: str
    flagged: bool
    """A stage says that somebody should look at the frame."""
    score: float | None
    """Share of the light that was taken out, as a fraction."""
    seconds: float
    time: str
    where: str
    """Device, process and time of day."""
    thumbnail: str
    after: str
    before: str
    reflection: str
    after_histogram: str
    before_histogram: str
    files: tuple[FileLink, ...]
    scores: tuple[tuple[str, str], ...]
    steps: tuple[tuple[int, int, str, tuple[str, ...]], ...]
    """For each stage: its name and its parameters, both numbers of a text, its time, what it noted."""


class Texts:
    """Texts that many frames share, each kept once and known by its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    def all(self) -> list[str]:
        """Return the texts in the order of their numbers."""
        return list(self._numbers)


def link(path: str) -> str:
    """Return the URL of a file relative to the page, whatever bytes are in its name."""
    return "./" + quote(os.fsencode(path))


def shown_files(result: FrameResult, folder: Path) -> ShownFiles:
    """Return the files of a frame that stand in the output folder."""
    there = tuple(written for written in result.outputs if (folder / written.path).is_file())
    return ShownFiles(
        there=there,
        after=_picture(there, AFTER),
        before=_picture(there, BEFORE),
        reflection=_picture(there, REFLECTION),
    )


def made_card(result: FrameResult, files: ShownFiles, looks: Mapping[str, Look], texts: Texts) -> Card:
    """Return a frame as the page shows it.

    Parameters
    ----------
    result
        What came of the frame.
    files
        Its files, as `shown_files` gives them.
    looks
        By path: what was made of the pictures; one that is not in it is shown whole in the contact sheet.
    texts
        Takes up what frames have in common.
    """
    source = Path(result.source)
    after, before = _look(files.after, looks), _look(files.before, looks)
    return Card(
        name=shown(source.name),
        folder=shown(source.parent),
        status=result.status.value,
        reason=shown(result.reason),
        flagged=result.is_flagged(),
        score=result.scores.get(SCORE),
        seconds=round(result.seconds, 3),
        time=duration(result.seconds),
        where=shown(", ".join(filter(None, (result.device, result.worker, result.finished)))),
        thumbnail=link(after.thumbnail) if after and after.thumbnail else _url(files.after),
        after=_url(files.after),
        before=_url(files.before),
        reflection=_url(files.reflection),
        after_histogram=after.histogram if after else "",
        before_histogram=before.histogram if before else "",
        files=tuple(map(_file, files.there)),
        scores=tuple((shown(name), f"{v:.4g}") for name, v in result.scores.items() if name != FLAGGED),
        steps=tuple(_steps(result, texts)),
    )


def _steps(result: FrameResult, texts: Texts) -> Iterable[tuple[int, int, str, tuple[str, ...]]]:
    for entry in result.trail:
        parameters = shown(", ".join(f"{key}: {value}" for key, value in entry.parameters.items()))
        numbers = texts.number(shown(entry.stage)), texts.number(parameters)
        yield *numbers, duration(entry.seconds), tuple(map(shown, entry.notes))


def _picture(outputs: Iterable[Written], role: str) -> Written | None:
    """Return the lightest file of that role that a browser shows, if there is one."""
    fitting = [w for w in outputs if w.role == role and Path(w.path).suffix.lower() in DISPLAYABLE]
    return min(fitting, key=lambda written: written.size, default=None)


def _look(written: Written | None, looks: Mapping[str, Look]) -> Look | None:
    return looks.get(written.path) if written else None


def _url(written: Written | None) -> str:
    return link(written.path) if written else ""


def _file(written: Written) -> FileLink:
    return FileLink(
        name=shown(written.path), url=link(written.path), role=written.role, size=size(written.size)
    )
