"""`log.csv`: a line for each validation, with the mean losses since the one before."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path


class Log:
    """Gathers losses and appends lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sums: dict[str, float] = defaultdict(float)
        self.steps = 0

    def add(self, losses: Mapping[str, float]) -> None:
        """Take the losses of a step."""
        self.steps += 1
        for name, value in losses.items():
            self.sums[name] += value

    def write(self, row: Mapping[str, float]) -> None:
        """Append a line: `row`, then the mean of each loss since the last line."""
        full = {**row, **{name: total / self.steps for name, total in self.sums.items()}}
        new = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, full)
            if new:
                writer.writeheader()
            writer.writerow({name: f"{value:.6g}" for name, value in full.items()})
        self.sums.clear()
        self.steps = 0
