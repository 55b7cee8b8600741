"""One page on a shoot: before, after and reflection of every frame, with what was done to it.

The page stands beside the results and links to them with relative names: it opens from disk, and the folder
can be moved as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .inputs import natural
from .results import FLAGGED, FrameResult, Status, Written
from .shown import counted, duration, shown, size
from .whole import write_whole

NAME = "index.html"
DISPLAYABLE = frozenset({".avif", ".jpeg", ".jpg", ".png", ".webp"})
"""Suffixes of files that browsers show; TIFF is not one of them."""
AFTER, BEFORE, REFLECTION = "transmission", "blended", "reflection"
"""Roles of outputs that the page compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A result to download."""

    name: str
    url: str
    role: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A frame as the page shows it; URLs are empty where there is nothing to show."""

    name: str
    folder: str
    status: str
    reason: str
    after: str
    before: str
    reflection: str
    files: tuple[FileLink, ...]
    seconds: str
    flagged: bool
    """A stage says that somebody should look at the frame."""
    scores: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    """For each stage: its name, its parameters, its time, what it noted."""


def write_report(folder: Path, results: Iterable[FrameResult], title: str) -> Path:
    """Write `index.html` into the output folder and return its path.

    Parameters
    ----------
    folder
        The output folder, with the results in it.
    results
        What came of each frame; skipped ones are shown where `outputs` tells what stands in their place.
    title
        Heading, e.g. the recipe's name.

    Raises
    ------
    EnvironmentFailure
        The page cannot be written.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cards = [_card(result, folder) for result in sorted(results, key=lambda r: natural(Path(r.source)))]
    page = environment.get_template("report.html").render(
        title=shown(title), cards=cards, summary=summary(cards)
    )
    write_whole(folder / NAME, page)
    return folder / NAME


def summary(cards: Sequence[Card]) -> str:
    """Return how many frames there are, and how many of them failed or are flagged."""
    counts = (
        (sum(card.status == Status.FAILED for card in cards), "failed"),
        (sum(card.flagged for card in cards), "flagged"),
    )
    return ", ".join([counted(len(cards), "frame"), *(f"{count} {what}" for count, what in counts if count)])


def link(path: str) -> str:
    """Return the URL of a file relative to the page, whatever bytes are in its name."""
    return "./" + quote(os.fsencode(path))


def _card(result: FrameResult, folder: Path) -> Card:
    there = [written for written in result.outputs if (folder / written.path).is_file()]
    source = Path(result.source)
    return Card(
        name=shown(source.name),
        folder=shown(source.parent),
        status=result.status.value,
        reason=shown(result.reason),
        after=_picture(there, AFTER),
        before=_picture(there, BEFORE),
        reflection=_picture(there, REFLECTION),
        files=tuple(map(_file, there)),
        seconds=duration(result.seconds),
        flagged=result.is_flagged(),
        scores=tuple(
            (shown(name), f"{value:.4g}") for name, value in result.scores.items() if name != FLAGGED
        ),
        steps=tuple(
            (
                shown(entry.stage),
                shown(", ".join(f"{key}: {value}" for key, value in entry.parameters.items())),
                duration(entry.seconds),
                tuple(map(shown, entry.notes)),
            )
            for entry in result.trail
        ),
    )


def _picture(outputs: Iterable[Written], role: str) -> str:
    """Return the URL of the lightest file of that role that a browser shows, or nothing."""
    fitting = [w for w in outputs if w.role == role and Path(w.path).suffix.lower() in DISPLAYABLE]
    return link(min(fitting, key=lambda w: w.size).path) if fitting else ""


def _file(written: Written) -> FileLink:
    return FileLink(
        name=shown(written.path), url=link(written.path), role=written.role, size=size(written.size)
    )
