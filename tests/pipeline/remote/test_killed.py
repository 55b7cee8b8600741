"""Workers and clients that are killed while frames are elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unveil.pipeline.ledger import read_ledger
from unveil.pipeline.plan import Plan
from unveil.pipeline.results import Status

PictureMaker = Callable[..., Path]
Run = Callable[..., Any]

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a system without SIGKILL")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, of this process and of those it starts."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def test_frame_that_kills_its_worker_leaves_nothing(
    s3: Any, run: Run, picture: PictureMaker, struck_plan: Plan, short_plan: Plan, scratch: Path
) -> None:
    for name in ("a", "b", "kill"):
        s3.pipe(f"shoot/in/{name}.png", picture(f"{name}.png").read_bytes())
    tally, results = run("s3://shoot/in", output="s3://shoot/clean", plan=struck_plan, jobs=2)
    assert {r.source[14:]: r.status for r in results} == {
        "a.png": Status.DONE,
        "b.png": Status.DONE,
        "kill.png": Status.FAILED,
    }
    assert tally.exit_status() == 1
    assert sorted(s3.find("shoot/clean")) == ["shoot/clean/a_small.jpg", "shoot/clean/b_small.jpg"]
    run("s3://shoot/in/a.png", output="s3://shoot/other", plan=short_plan, ledger=scratch / "other")
    assert [path for path in scratch.iterdir() if path.name.startswith("unveil-")] == []


def test_killed_client_is_gone_on_with(
    s3: Any,
    run: Run,
    picture: PictureMaker,
    struck_recipe: Path,
    struck_plan: Plan,
    tmp_path: Path,
    scratch: Path,
) -> None:
    for name in ("a", "slow"):
        s3.pipe(f"shoot/in/{name}.png", picture(f"{name}.png").read_bytes())
    ledger = tmp_path / "ledger"
    given = [struck_recipe, "s3://shoot/in", "-o", "s3://shoot/clean", "--ledger", ledger, "--jobs", "1"]
    client = subprocess.Popen(
        [sys.executable, "-m", "unveil", "run", *map(str, given)], stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not s3.exists("shoot/clean/a_small.jpg") and time.monotonic() < deadline:
            time.sleep(0.1)
            s3.invalidate_cache()
    finally:
        os.kill(client.pid, signal.SIGKILL)
        client.wait()
    before = s3.info("shoot/clean/a_small.jpg")["LastModified"]
    _, results = run("s3://shoot/in/a.png", output="s3://shoot/clean", plan=struck_plan)
    assert [r.status for r in results] == [Status.SKIPPED]
    assert read_ledger(ledger)["s3://shoot/in/a.png"].status is Status.DONE
    s3.invalidate_cache()
    assert s3.find("shoot/clean") == ["shoot/clean/a_small.jpg"]
    assert s3.info("shoot/clean/a_small.jpg")["LastModified"] == before
