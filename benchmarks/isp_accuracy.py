"""How accurate the camera stages are: all tables of `docs/isp-accuracy.md`.

`python -m unveil.benchmarks.isp_accuracy DATA` measures with the photographs in DATA (folders `raw` and `photos`) and
prints the tables; `--only libraw` measures a part, `--write` puts them into the page, between the marks of their part.

Each part is a module of `benchmarks/accuracy` with `tables(data: Path) -> Sequence[Table]`.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path

from unveil.benchmarks.accuracy.table import Table

PARTS = ("libraw", "colorchecker", "demosaic", "roundtrip")
PAGE = Path(__file__).parents[1] / "docs" / "isp-accuracy.md"


def measure(part: str, data: Path) -> Sequence[Table]:
    """Return the tables of a part."""
    module = importlib.import_module(f"unveil.benchmarks.accuracy.{part}")
    tables: Sequence[Table] = module.tables(data)
    return tables


def put(page: str, part: str, text: str) -> str:
    """Return the page with the tables of a part between its marks; `ValueError` if it has none."""
    marks = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    before, found, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not found or not end:
        raise ValueError(f"no marks of the part {part!r} in the page")
    return f"{before}{marks[0]}\n{text}\n{marks[1]}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description="Measure the accuracy of the camera stages.")
    parser.add_argument("data", type=Path, help="folder with the folders raw and photos")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to measure")
    parser.add_argument("--write", action="store_true", help=f"put the tables into docs/{PAGE.name}")
    asked = parser.parse_args(arguments)
    for part in asked.only:
        text = "\n".join(table.markdown() for table in measure(part, asked.data))
        print(text, flush=True)
        if asked.write:
            PAGE.write_text(put(PAGE.read_text("utf-8"), part, text), "utf-8")


if __name__ == "__main__":
    main()
