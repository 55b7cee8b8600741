"""Which records the arguments of a remix stand for."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import RecipeError
from ..inputs import natural
from ..ledger import NAME as LEDGER
from ..ledger import reading
from ..shown import shown
from ..suggest import listing
from .record import SUFFIX


def find_records(given: str) -> list[Path]:
    """Return the records that an argument stands for.

    Raises
    ------
    RecipeError
        There is no such file, a folder holds no records, or a file is neither a record nor a result with one.
    """
    path = Path(os.path.abspath(given))
    if path.is_dir():
        found = sorted(path.glob(f"*{SUFFIX}"), key=natural)
        if not found:
            raise RecipeError(f"{shown(given)}: no records ({SUFFIX}) directly in this folder")
        return found
    if not path.is_file():
        raise RecipeError(f"{shown(given)}: no such file or folder")
    return [path] if path.suffix == SUFFIX else [_record_of(path)]


def _record_of(result: Path) -> Path:
    """Return the record among the files that were written together with a result."""
    folder = next((parent for parent in result.parents if (parent / LEDGER).is_file()), None)
    if folder is None:
        raise RecipeError(
            f"{shown(result)}: neither a record ({SUFFIX}) nor a result of a run: no {LEDGER} stands in its folder or "
            "above it"
        )
    name = result.relative_to(folder).as_posix()
    with reading(folder) as ledger:
        source = ledger.writer(name) if ledger else None
        frame = ledger.get(source) if ledger and source else None
    if frame is None:
        raise RecipeError(
            f"{shown(result)}: {shown(folder / LEDGER)} does not know this file; give its record"
        )
    records = [written.path for written in frame.outputs if written.path.endswith(SUFFIX)]
    if not records:
        raise RecipeError(
            f"{shown(result)}: no record was kept when it was made; run the recipe anew with "
            "--set 'separate.record=layers/{stem}'"
        )
    if len(records) > 1:
        raise RecipeError(
            f"{shown(result)}: it has {len(records)} records; give one: {listing(records, 'or')}"
        )
    return folder / records[0]
