"""What is known of frames whose run was killed between their files' names and the ledger."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from unveil.pipeline import receipts
from unveil.pipeline.frame import temporary_prefix
from unveil.pipeline.ledger import NAME, read_ledger, writing
from unveil.pipeline.plan import Plan
from unveil.pipeline.receipts import FOLDER, Entered, forget, leave, recover, standing
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.resume import Task
from unveil.pipeline.run import Options, execute, prepare
from unveil.pipeline.work import Work, run_here

Picture = Callable[..., Path]


@pytest.fixture
def source(picture: Picture) -> Path:
    return picture("a.png")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def made(short_plan: Plan, source: Path, out: Path) -> FrameResult:
    """A frame that was made for a run which never heard of it."""
    work = Work(recipe=short_plan.recipe, output=out, receipts=True)
    (result,) = run_here(work, [Task(source=source)], "cpu")
    assert result.status is Status.DONE
    return result


def run(plan: Plan, source: Path, out: Path) -> FrameResult:
    found: list[FrameResult] = []
    execute(prepare(plan, [source], Options(output=out, jobs=0)), found.append)
    return found[0]


def gone() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_frame_that_the_killed_run_never_heard_of_is_not_made_again(
    short_plan: Plan, source: Path, out: Path, made: FrameResult
) -> None:
    assert run(short_plan, source, out).reason == "done before, and nothing changed"
    known = read_ledger(out)[str(source)]
    assert (known.status, known.outputs, known.source_file) == (Status.DONE, made.outputs, made.source_file)
    assert not (out / FOLDER).exists()


def test_the_worker_that_takes_over_finds_what_the_dead_one_made(
    short_plan: Plan, source: Path, out: Path, made: FrameResult
) -> None:
    work = Work(recipe=short_plan.recipe, output=out, receipts=True)
    (again,) = run_here(work, [Task(source=source)], "cpu")
    assert (again.finished, again.outputs) == (made.finished, made.outputs)


def test_a_process_that_died_before_its_files_had_names_is_finished_for(
    source: Path, out: Path, made: FrameResult
) -> None:
    pid, final = gone(), out / "a_small.jpg"
    final.rename(final.with_name(f"{temporary_prefix(final)}{pid}"))
    leave(out, replace(made, worker=f"{pid}@{made.worker.partition('@')[2]}"))
    recover(out)
    assert [path.name for path in out.iterdir() if path.suffix == ".jpg"] == ["a_small.jpg"]
    assert read_ledger(out)[str(source)].outputs == made.outputs


def test_a_result_that_somebody_changed_meanwhile_is_not_taken_for_ours(
    short_plan: Plan, source: Path, out: Path, made: FrameResult
) -> None:
    (out / "a_small.jpg").write_bytes(b"retouched")
    assert standing(out, str(source)) is None
    assert "a_small.jpg is there already" in run(short_plan, source, out).reason
    assert (out / "a_small.jpg").read_bytes() == b"retouched"


def test_half_a_receipt_says_nothing(short_plan: Plan, source: Path, out: Path, made: FrameResult) -> None:
    (receipt,) = (out / FOLDER).iterdir()
    receipt.write_bytes(receipt.read_bytes()[:40])
    recover(out)
    assert read_ledger(out) == {}
    assert not (out / FOLDER).exists()


def test_a_power_cut_costs_no_entry(
    source: Path, out: Path, made: FrameResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after_the_cut(name: str) -> Path:
        """Copy what has been synced: entries that are only in the log of the ledger are lost."""
        lost = shutil.ignore_patterns("*-wal", "*-shm", ".unveil.lock")
        return Path(shutil.copytree(out, tmp_path / name, ignore=lost))

    monkeypatch.setattr(receipts, "SECONDS", 1e9)
    with writing(out) as ledger:
        entered = Entered(partial(forget, out), ledger)
        ledger.add(made)
        entered.add(made.source)
        early = after_the_cut("early")
        entered.remove()
        assert not list((out / FOLDER).iterdir())
        late = after_the_cut("late")
    assert read_ledger(early) == {}
    recover(early)
    for folder in (early, late):
        assert read_ledger(folder)[str(source)].outputs == made.outputs


def test_receipts_stay_while_somebody_reads_what_was_before(
    out: Path, made: FrameResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "MANY", 1)
    with writing(out) as ledger:
        entered = Entered(partial(forget, out), ledger)
        ledger.add(replace(made, source="/other"))
        with closing(sqlite3.connect(out / NAME)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM frames").fetchone() == (1,)
            ledger.add(made)
            entered.add(made.source)
            assert list((out / FOLDER).iterdir())
        entered.remove()
        assert not list((out / FOLDER).iterdir())


def test_a_run_leaves_no_receipts(short_plan: Plan, source: Path, out: Path) -> None:
    assert run(short_plan, source, out).status is Status.DONE
    assert not (out / FOLDER).exists()
