"""The figures of an evaluation: each pair, means, JSON, tables, and what others reached."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..pipeline.errors import EnvironmentFailure
from .figures import PROTOCOL, Figures
from .protocols import PairSet

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Headers and rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one pair."""

    set: str
    name: str
    result: Figures
    input: Figures
    """Of the photograph as it came: what doing nothing scores."""

    @property
    def gain(self) -> float:
        """PSNR of the result over that of the input, dB; 0 where both are infinite."""
        return 0.0 if self.result.psnr == self.input.psnr else self.result.psnr - self.input.psnr

    def flat(self) -> dict[str, float]:
        """Return the figures by name, those of the input as `input_...`, without what was not measured."""
        found = {**asdict(self.result), **{f"input_{k}": v for k, v in asdict(self.input).items()}}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """Figures of a method on sets of pairs."""

    method: str
    pairs: Path
    sets: tuple[PairSet, ...]
    rows: tuple[Row, ...]
    left_out: Mapping[str, str]
    """Pairs that were not measured, each with the reason."""
    resizing: str

    def to_json(self) -> dict[str, Any]:
        """Return everything, ready for JSON; figures that are not finite (PSNR of equal pictures) are null."""
        return {
            "method": self.method,
            "pairs": str(self.pairs),
            "protocol": {**PROTOCOL, "resizing": self.resizing},
            "left_out": dict(self.left_out),
            "mean": _plain(mean(self.rows)),
            "worst_gain": _plain(_worst(self.rows)),
            "sets": {each.name: self._set(each) for each in self.sets},
            "rows": [{"name": row.name, "set": row.set, **_plain(row.flat())} for row in self.rows],
        }

    def write(self, path: Path) -> None:
        """Write the JSON, whole or not at all; `EnvironmentFailure` where the file cannot be written."""
        part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n", "utf-8")
            part.replace(path)
        except OSError as error:
            raise EnvironmentFailure(f"{path}: cannot be written: {error.strerror or error}") from None

    def tables(self) -> list[Table]:
        """Return the tables to show: all pairs with their means and, of published sets, what others reached."""
        return [self.figures(), *([self.published()] if self.published()[1] else [])]

    def figures(self) -> Table:
        """Return the table of all pairs, the mean of each set and, of several, that of all pairs last."""
        with_lpips = all(row.result.lpips is not None for row in self.rows)
        headers = ("pair", "input PSNR", "PSNR", "gain", "input SSIM", "SSIM", "input dE", "dE")
        more = ("input exposed", "exposed", *(("input LPIPS", "LPIPS") if with_lpips else ()))
        return (*headers, *more), [_line(name, flat) for name, flat in self._lines()]

    def published(self) -> Table:
        """Return the means of published sets beside what others report; no rows where no set is one."""
        rows: list[tuple[str, ...]] = []
        for each in self.sets:
            if each.standard is not None:
                own = f"{mean(self._of(each))['psnr']:.2f}", str(len(self._of(each)))
                rows.append((each.name, self.method, *own, "measured now"))
                for other in each.standard.published:
                    of = str(other.pairs or each.standard.size)
                    rows.append((each.name, other.method, f"{other.psnr:.2f}", of, other.source))
        return ("set", "method", "PSNR", "pairs", "source"), rows

    def _lines(self) -> Iterator[tuple[str, Mapping[str, float]]]:
        for each in self.sets:
            rows = self._of(each)
            yield from ((row.name, {**row.flat(), "gain": row.gain}) for row in rows)
            yield f"mean of {each.name}, {len(rows)} pairs", mean(rows)
        if len(self.sets) > 1:
            yield f"mean of all, {len(self.rows)} pairs", mean(self.rows)

    def _of(self, each: PairSet) -> Sequence[Row]:
        return [row for row in self.rows if row.set == each.name]

    def _set(self, each: PairSet) -> dict[str, Any]:
        rows = self._of(each)
        standard = each.standard
        return {
            "pairs": len(rows),
            "published_pairs": standard and standard.size,
            "mean": _plain(mean(rows)),
            "published": [asdict(p) for p in standard.published] if standard else [],
        }


def mean(rows: Sequence[Row]) -> dict[str, float]:
    """Return the mean of every figure over some pairs, and of the gain."""
    flats = [{**row.flat(), "gain": row.gain} for row in rows]
    return {name: sum(flat[name] for flat in flats) / len(flats) for name in flats[0]}


def _worst(rows: Sequence[Row]) -> dict[str, Any]:
    row = min(rows, key=lambda row: row.gain)
    return {"name": row.name, "gain": row.gain}


def _line(name: str, flat: Mapping[str, float]) -> tuple[str, ...]:
    """Return a line of the table; `lpips` is in it where it was measured."""
    shown = [
        ("input_psnr", 2),
        ("psnr", 2),
        ("gain", 2),
        ("input_ssim", 3),
        ("ssim", 3),
        ("input_delta_e", 2),
    ]
    shown += [
        ("delta_e", 2),
        ("input_psnr_exposed", 2),
        ("psnr_exposed", 2),
        ("input_lpips", 3),
        ("lpips", 3),
    ]
    cells = (f"{flat[key]:{'+' if key == 'gain' else ''}.{digits}f}" for key, digits in shown if key in flat)
    return (name, *cells)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
