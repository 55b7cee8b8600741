"""`log.csv`: a line for each validation, with the mean losses since the one before."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path


class Log:
    """Gathers losses and appends lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sums: dict[str, float] = defaultdict(float)
        self.steps = 0

    def start(self, step: int) -> None:
        """Leave out what an earlier training wrote after the step that this one goes on from."""
        if self.path.exists():
            self._write([row for row in self._rows() if float(row["step"]) <= step])

    def add(self, losses: Mapping[str, float]) -> None:
        """Take the losses of a step."""
        self.steps += 1
        for name, value in losses.items():
            self.sums[name] += value

    def write(self, row: Mapping[str, float]) -> None:
        """Append a line: `row`, then the mean of each loss since the last line."""
        full = {**row, **{name: total / self.steps for name, total in self.sums.items()}}
        self._write([*self._rows(), {name: f"{value:.6g}" for name, value in full.items()}])
        self.sums.clear()
        self.steps = 0

    def _rows(self) -> list[dict[str, str]]:
        if not self.path.exists():
            return []
        with self.path.open(newline="") as file:
            return list(csv.DictReader(file))

    def _write(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Write all lines, whole or not at all; a column that a line lacks is empty there."""
        part = self.path.with_suffix(".part")
        with part.open("w", newline="") as file:
            writer = csv.DictWriter(
                file, list(dict.fromkeys(name for row in rows for name in row)), restval=""
            )
            writer.writeheader()
            writer.writerows(rows)
        part.replace(self.path)


def fell(path: Path) -> bool:
    """Return whether the mean loss of the last line is clearly below that of the first, by a tenth or more."""
    with path.open(newline="") as file:
        found = [float(row["loss"]) for row in csv.DictReader(file)]
    return len(found) > 1 and found[-1] <= 0.9 * found[0]
