"""The record beside the results."""

from __future__ import annotations

from pathlib import Path

import pytest

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.ledger import NAME, read_ledger, write_ledger, write_whole
from unveil.pipeline.results import FrameResult, Status, Written

OUTPUT = (Written(path="a.jpg", role="transmission", size=1),)


def result(source: str, status: Status = Status.DONE) -> FrameResult:
    return FrameResult(source=source, status=status, outputs=OUTPUT if status is Status.DONE else ())


def test_a_folder_without_a_ledger_is_empty(tmp_path: Path) -> None:
    assert read_ledger(tmp_path) == {}
    assert read_ledger(tmp_path / "missing") == {}


def test_later_runs_are_merged(tmp_path: Path) -> None:
    write_ledger(tmp_path, [result("/a"), result("/b", Status.FAILED)])
    known = write_ledger(tmp_path, [result("/b"), result("/c")])
    assert {source: r.status for source, r in known.items()} == dict.fromkeys(("/a", "/b", "/c"), Status.DONE)
    assert read_ledger(tmp_path) == known


def test_a_skipped_frame_keeps_its_record(tmp_path: Path) -> None:
    write_ledger(tmp_path, [result("/a")])
    assert write_ledger(tmp_path, [result("/a", Status.SKIPPED)])["/a"] == result("/a")


def test_a_failed_frame_keeps_the_outputs_that_still_stand(tmp_path: Path) -> None:
    write_ledger(tmp_path, [result("/a")])
    failed = write_ledger(tmp_path, [result("/a", Status.FAILED)])["/a"]
    assert (failed.status, failed.outputs) == (Status.FAILED, OUTPUT)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"unveil": 2, "frames": []}', '{"unveil": 1, "frames": [{}]}', "\0"]
)
def test_what_is_no_ledger_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(
        EnvironmentFailure, match=r"ledger\.json: not a ledger that can be read .*; move it away"
    ):
        write_ledger(tmp_path, [result("/a")])
    assert (tmp_path / NAME).read_text() == text


def test_a_ledger_without_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(EnvironmentFailure, match=r"ledger\.json cannot be read: Permission denied"):
        read_ledger(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_whole(tmp_path / "page", "text")
    (tmp_path / "folder").mkdir()
    with pytest.raises(EnvironmentFailure, match="folder cannot be written"):
        write_whole(tmp_path / "folder", "text")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "page"]
