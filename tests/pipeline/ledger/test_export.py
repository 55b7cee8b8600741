"""The ledger in other programs' hands."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from unveil.pipeline.ledger import add_to_ledger, reading
from unveil.pipeline.ledger.export import to_csv, to_json
from unveil.pipeline.results import FrameResult, SourceFile, Status, Written

DONE = FrameResult(
    source='/shoot/a "1".nef',
    status=Status.DONE,
    outputs=(
        Written(path="a.tif", role="transmission", size=7, changed=1_700_000_000_000_000_000, xxh3="0f"),
        Written(path="proof/a.jpg", role="transmission", size=3, changed=1, xxh3="1f"),
    ),
    source_file=SourceFile(size=3, changed=4, xxh3="ef"),
    finished="2026-01-02T03:04:05+00:00",
)
FAILED = FrameResult(source="/shoot/b.nef", status=Status.FAILED, reason="is empty, or, half")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add_to_ledger(tmp_path, [DONE, FAILED])
    return tmp_path


def test_a_table_has_a_row_for_each_frame(folder: Path) -> None:
    with reading(folder) as ledger:
        assert ledger is not None
        rows = list(csv.DictReader(to_csv(ledger).splitlines()))
    assert [row["source"] for row in rows] == [DONE.source, FAILED.source]
    assert rows[0]["outputs"] == "a.tif;proof/a.jpg"
    assert rows[0]["source_xxh3"] == "ef"
    assert rows[1]["reason"] == FAILED.reason


def test_json_gives_the_results_back(folder: Path) -> None:
    with reading(folder) as ledger:
        assert ledger is not None
        frames = json.loads(to_json(ledger))["frames"]
    assert [FrameResult.from_json(frame) for frame in frames] == [DONE, FAILED]
