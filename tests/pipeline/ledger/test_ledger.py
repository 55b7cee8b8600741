"""The record beside the results."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.ledger import NAME, add_to_ledger, read_ledger, reading, writing
from unveil.pipeline.results import FrameResult, SourceFile, Status, Written

OUTPUT = (Written(path="a.jpg", role="transmission", size=1, changed=2, xxh3="ab", made_by="cd"),)
FILE = SourceFile(size=3, changed=4, xxh3="ef")


def result(source: str, status: Status = Status.DONE) -> FrameResult:
    done = status is Status.DONE
    return FrameResult(
        source=source, status=status, outputs=OUTPUT if done else (), source_file=FILE if done else None
    )


def test_a_folder_without_a_ledger_is_empty(tmp_path: Path) -> None:
    assert read_ledger(tmp_path) == {}
    assert read_ledger(tmp_path / "missing") == {}


def test_later_runs_are_merged(tmp_path: Path) -> None:
    add_to_ledger(tmp_path, [result("/a"), result("/b", Status.FAILED)])
    add_to_ledger(tmp_path, [result("/b"), result("/c")])
    found = {source: known.status for source, known in read_ledger(tmp_path).items()}
    assert found == dict.fromkeys(("/a", "/b", "/c"), Status.DONE)


def test_a_skipped_frame_keeps_its_record(tmp_path: Path) -> None:
    add_to_ledger(tmp_path, [result("/a"), result("/a", Status.SKIPPED)])
    assert read_ledger(tmp_path) == {"/a": result("/a")}


def test_a_failed_frame_keeps_the_outputs_that_still_stand(tmp_path: Path) -> None:
    add_to_ledger(tmp_path, [result("/a"), result("/a", Status.FAILED)])
    failed = read_ledger(tmp_path)["/a"]
    assert (failed.status, failed.outputs, failed.source_file) == (Status.FAILED, OUTPUT, FILE)


def test_names_that_are_no_unicode_come_back(tmp_path: Path) -> None:
    odd = os.fsdecode(b"/shoot/\xff.nef")
    written = Written(path=os.fsdecode(b"\xff_clean.tif"), role="transmission", size=1)
    add_to_ledger(tmp_path, [FrameResult(source=odd, status=Status.DONE, outputs=(written,))])
    with reading(tmp_path) as ledger:
        assert ledger is not None
        assert ledger.writer(written.path) == odd
        assert list(ledger.outputs()) == [written.path]
        found = ledger.get(odd)
        assert found is not None
        assert found.outputs == (written,)


def test_frames_are_counted_and_found_by_status(tmp_path: Path) -> None:
    flagged = FrameResult(source="/c", status=Status.DONE, scores={"flagged": 1.0})
    add_to_ledger(tmp_path, [result("/a"), result("/b", Status.FAILED), flagged])
    with reading(tmp_path) as ledger:
        assert ledger is not None
        assert ledger.counts() == {Status.DONE: 2, Status.FAILED: 1}
        assert [found.source for found in ledger.frames(Status.FAILED)] == ["/b"]
        assert ledger.flagged() == 1


@pytest.mark.parametrize("text", ["[]" * 600, "{}", "\0" * 2000, "SQLite format 3\0" + "x" * 200])
@pytest.mark.parametrize("use", [read_ledger, lambda folder: add_to_ledger(folder, [result("/a")])])
def test_what_is_no_ledger_is_refused_and_kept(
    tmp_path: Path, text: str, use: Callable[[Path], object]
) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(
        EnvironmentFailure, match=r"ledger\.sqlite: not a ledger that can be read .*; move it away"
    ):
        use(tmp_path)
    assert (tmp_path / NAME).read_text() == text


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    add_to_ledger(tmp_path, [result("/a")])
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(EnvironmentFailure, match=r"version 9 is unknown"):
        read_ledger(tmp_path)


def test_one_file_is_left_and_can_be_read_while_a_run_writes(tmp_path: Path) -> None:
    with writing(tmp_path) as ledger:
        ledger.add(result("/a"))
        assert list(read_ledger(tmp_path)) == ["/a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".unveil.lock", NAME]


HOLD = """\
import sys, time
from pathlib import Path
from unveil.pipeline.ledger import writing
from unveil.pipeline.results import FrameResult, Status
with writing(Path(sys.argv[1])) as ledger:
    ledger.add(FrameResult(source="/killed", status=Status.DONE))
    print("in", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_refused_and_a_killed_one_leaves_what_it_did(tmp_path: Path) -> None:
    run = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "in\n"
    with pytest.raises(EnvironmentFailure, match=rf"another run \(process {run.pid} on .*\) writes into"):
        add_to_ledger(tmp_path, [result("/a")])
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert list(read_ledger(tmp_path)) == ["/killed"]
    add_to_ledger(tmp_path, [result("/a")])
    assert list(read_ledger(tmp_path)) == ["/killed", "/a"]


def test_what_is_known_of_a_source_goes_with_it(tmp_path: Path) -> None:
    written = Written(path="a.jpg", role="transmission", size=1)
    done = FrameResult(source="/in/a.nef", status=Status.DONE, outputs=(written,), sequence=7)
    with writing(tmp_path) as ledger:
        ledger.add(done)
        ledger.moved("/in/a.nef", "/in/done/a.nef")
        ledger.moved("/in/unknown.nef", "/in/done/unknown.nef")
        assert ledger.get("/in/a.nef") is None
        (known,) = ledger.frames()
        assert (known.source, known.outputs, known.sequence) == ("/in/done/a.nef", (written,), 7)
        assert ledger.writer("a.jpg") == "/in/done/a.nef"
