"""What the files of a frame are called: tokens in a name, and what stands for them.

`{stem}_{sequence:04}` is a name with two tokens. A plugin's stage that writes says with `StageSpec.outputs` what its
file is called, by `Naming.fill`; the host decides before any work what the tokens of a frame are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from string import Formatter

TOKENS = {
    "stem": "the source's name without its suffix",
    "parent": "the folder that the source is in",
    "sequence": "number of the frame in the output folder, from 1; {sequence:04} has four digits",
    "date": "day when the picture was taken, 2026-05-31; {date:%Y%m%d} is 20260531",
    "time": "time of day when it was taken, 17-45-09; {time:%H%M} is 1745",
    "camera": "model of the camera",
    "lens": "model of the lens",
    "iso": "sensitivity",
    "recipe": "name of the recipe",
    "layer": "what the file shows: transmission, or a side layer",
    "job": "what --job or a job ticket says",
}
"""Tokens that a name may hold, and what they are."""
_FORMS = {
    "sequence": re.compile(r"0?[1-9]"),
    "date": re.compile(r"(%[Yymdj]|[-_. ])+"),
    "time": re.compile(r"(%[HMS]|[-_. ])+"),
}
_USUAL = {"date": "%Y-%m-%d", "time": "%H-%M-%S"}
# Characters that a file name cannot hold on one of the usual systems (NTFS, FAT), and separators of folders.
_UNFIT = re.compile(r'[<>:"/|?*\\\x00-\x1f\x7f]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFacts:
    """When and with what a picture was taken, as far as its file says."""

    taken: datetime | None = None
    """By the camera's clock, in its own time zone."""
    camera: str = ""
    lens: str = ""
    iso: int | None = None
    exposure: float | None = None
    """What time, aperture and sensitivity make of light, EV: 0 for 1 s at f/1 and ISO 100, 1 for twice as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What stands for the tokens in the names of one frame's files."""

    stem: str
    parent: str = ""
    sequence: int = 0
    """From 1; 0 where frames are not counted."""
    recipe: str = ""
    job: str = ""
    facts: CaptureFacts = CaptureFacts()
    number: int = 1
    """From 2 on it is put behind every name, so that the frame's files are not in the way of others."""

    @classmethod
    def of(cls, source: PurePath) -> Naming:
        """Return the naming of a source of which only its path is known."""
        return cls(stem=source.stem, parent=source.parent.name)

    def fill(self, name: str, layer: str = "transmission") -> str:
        """Return a name with its tokens filled in.

        What comes from files and the command line cannot hold separators or characters that a usual file system
        refuses: `-` stands for them. What is not known is said so: `no-lens`.

        Raises
        ------
        ValueError
            As `check_tokens`.
        """
        parts = [
            text if token is None else text + self._value(token, form, layer)
            for text, token, form in _parsed(name)
        ]
        return "".join(parts) + (f"_{self.number}" if self.number > 1 else "")

    def _value(self, token: str, form: str, layer: str) -> str:
        match token:
            case "stem":
                return self.stem
            case "sequence":
                return format(self.sequence, form)
            case "date" | "time":
                value = self.facts.taken.strftime(form or _USUAL[token]) if self.facts.taken else ""
            case "iso":
                value = str(self.facts.iso or "")
            case "layer":
                value = layer
            case "camera" | "lens":
                value = getattr(self.facts, token)
            case _:
                value = getattr(self, token)
        return _fit(value) or f"no-{token}"


def check_tokens(name: str, allowed: frozenset[str] = frozenset(TOKENS)) -> None:
    """Refuse (`ValueError`) a name with unknown tokens, or forms of tokens that there are not."""
    for _, token, form in _parsed(name):
        if token is None:
            continue
        if token not in allowed:
            raise ValueError(
                f"no token {{{token}}}; allowed: {', '.join(f'{{{one}}}' for one in TOKENS if one in allowed)}"
            )
        if form and not (token in _FORMS and _FORMS[token].fullmatch(form)):
            raise ValueError(
                f"{{{token}:{form}}} has a form that there is not; {{{token}}} is {TOKENS[token]}"
            )


def needs_facts(names: Callable[[Naming], object]) -> bool:
    """Return whether names of files hold something that is read from the source; `names` gives them for a naming."""
    other = CaptureFacts(taken=datetime(2000, 1, 1), camera="a", lens="b", iso=1)
    return names(Naming(stem="stem")) != names(Naming(stem="stem", facts=other))


def needs_sequence(names: Callable[[Naming], object]) -> bool:
    """Return whether names of files hold the number of the frame."""
    return names(Naming(stem="stem")) != names(Naming(stem="stem", sequence=2))


def _parsed(name: str) -> Iterator[tuple[str, str | None, str]]:
    """Yield text, the token behind it and its form; `ValueError` where braces are not closed or hold conversions."""
    try:
        found = list(Formatter().parse(name))
    except ValueError as error:
        raise ValueError("a brace in it is not closed") from error
    for text, token, form, conversion in found:
        if conversion is not None or (token is not None and not token.isidentifier()):
            raise ValueError(f"{{{token}}} is no token; allowed: {', '.join(f'{{{one}}}' for one in TOKENS)}")
        yield text, token, form or ""


def _fit(value: str) -> str:
    """Return what of a value can stand in the name of a file or folder, and cannot lead out of it."""
    return _UNFIT.sub("-", value).strip(" .")
