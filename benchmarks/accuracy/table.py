"""A table of figures, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures for the manual."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: str = ""
    """What stands under the table."""

    def markdown(self) -> str:
        """Return the table with its title as a heading of the third level."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        below = f"\n\n{self.words}" if self.words else ""
        return f"### {self.title}\n\n{body}{below}\n"
