"""One page on a shoot: a contact sheet of all frames, and of each what came of it and what was done to it.

The page stands beside the results and links to them with relative names: it opens from disk, and the folder
can be moved as a whole. What it shows of a frame is built in the browser when it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..inputs import natural
from ..results import FrameResult, Status
from ..shown import counted, shown
from ..whole import write_whole
from .cards import Card, Texts, made_card, shown_files
from .pictures import look_at

NAME = "index.html"


def write_report(folder: Path, results: Iterable[FrameResult], title: str) -> Path:
    """Write `index.html` and its folder `index_files` into the output folder; return the path of the page.

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
        The page, or a small picture for it, cannot be written.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    cards, texts = _cards(folder, results)
    page = environment.get_template("report.html").render(
        title=shown(title), total=counted(len(cards), "frame"), data=_data(cards, texts), **_counts(cards)
    )
    write_whole(folder / NAME, page)
    return folder / NAME


def _cards(folder: Path, results: Iterable[FrameResult]) -> tuple[list[Card], Texts]:
    ordered = sorted(results, key=lambda result: natural(Path(result.source)))
    files = [shown_files(result, folder) for result in ordered]
    looks = look_at(
        folder,
        sheet=[f.after.path for f in files if f.after],
        others=[f.before.path for f in files if f.before],
    )
    texts = Texts()
    return [made_card(result, of, looks, texts) for result, of in zip(ordered, files, strict=True)], texts


def _data(cards: Sequence[Card], texts: Texts) -> dict[str, Any]:
    return {"frames": [asdict(card) for card in cards], "texts": texts.all()}


def _counts(cards: Sequence[Card]) -> dict[str, int]:
    return {
        "failed": sum(card.status == Status.FAILED for card in cards),
        "flagged": sum(card.flagged for card in cards),
    }
