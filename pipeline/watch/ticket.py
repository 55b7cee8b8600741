"""Job tickets: `job.yaml` beside the frames that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import RecipeError
from ..recipe.explain import Mistake, check, show
from ..recipe.positions import Document, Position, Where, read_bytes, read_yaml, spell
from ..shown import shown

NAME = "job.yaml"
KEYS = "recipe, strength, naming, job, set and then"


class Then(StrEnum):
    """What becomes of a source whose results are there."""

    LEAVE = "leave"
    """It stays, untouched."""
    MOVE = "move"
    """It goes into `done/`; one that failed into `failed/`."""
    MARK = "mark"
    """It stays, and a file beside it says that it is done."""


class TicketFile(BaseModel):
    """What a ticket may say; what it does not say is as on the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str | None = Field(
        None,
        min_length=1,
        description="name of a recipe, or a .yaml file by its path from the ticket's folder",
    )
    strength: float | None = Field(None, description="strength of `separate`, short for separate.strength")
    naming: str | None = Field(
        None, min_length=1, max_length=200, description="what stands for {stem} in the names of the results"
    )
    job: str | None = Field(None, min_length=1, max_length=100, description="what stands for {job} in names")
    set: tuple[str, ...] = Field((), description="parameters to replace, as --set on the command line")
    then: Literal["leave", "move", "mark"] | None = Field(
        None, description="what becomes of a source whose results are there"
    )


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that was read."""

    path: Path
    says: TicketFile
    document: Document

    def at(self, *where: str | int) -> str:
        """Return file, line and column of a part."""
        return _at(self.document, where)


def read_ticket(path: Path) -> Ticket:
    """Read a ticket.

    Raises
    ------
    RecipeError
        It cannot be read, or holds mistakes; one sentence for each, with file, line and column.
    """
    source = shown(path)
    data = read_bytes(path, source)
    document = read_yaml(data, source)
    value = document.value
    if not isinstance(value, dict):
        found = "nothing" if value is None else show(value)
        raise RecipeError(f"{_at(document, ())}: found {found}; a ticket is a mapping that may have {KEYS}")
    says, mistakes = check(TicketFile, _with_text(value, document, data.decode("utf-8-sig")), ())
    lines = [f"{source}:{line}:{column}: {text}" for (line, column), text in document.problems]
    lines += [f"{_at(document, m.where, m.of_key)}: {_said(m)}" for m in mistakes]
    if lines or not isinstance(says, TicketFile):
        raise RecipeError(*lines)
    return Ticket(path=path, says=says, document=document)


def _with_text(value: dict[str, Any], document: Document, text: str) -> dict[str, Any]:
    """Return the values with the order number as it is spelled: 0042 is no 42."""
    job = value.get("job")
    if isinstance(job, bool) or not isinstance(job, int | float):
        return value
    line, column = document.values["job",]
    spelled = text.splitlines()[line - 1][column - 1 :]
    return {**value, "job": spelled.partition(" #")[0].strip(" ,}\t")}


def _said(mistake: Mistake) -> str:
    return f"{spell(mistake.where)}: {mistake.text}" if mistake.where else mistake.text


def _at(document: Document, where: Where, of_key: bool = False) -> str:
    line, column = _position(document, where, of_key)
    return f"{document.source}:{line}:{column}"


def _position(document: Document, where: Where, of_key: bool) -> Position:
    if of_key and where in document.keys:
        return document.keys[where]
    while where and where not in document.values:
        where = where[:-1]
    return document.values.get(where, (1, 1))
