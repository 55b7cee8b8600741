"""Many frames on worker processes. Every cluster costs seconds: few tests, each with much in it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import pytest

from unveil.pipeline.batch import Places, default_places, run_cluster
from unveil.pipeline.errors import EnvironmentFailure, PluginError
from unveil.pipeline.plan import Plan
from unveil.pipeline.results import Status
from unveil.pipeline.resume import Task
from unveil.pipeline.work import Work

Picture = Callable[..., Path]


def work(plan: Plan, folder: Path) -> Work:
    folder.mkdir()
    return Work(recipe=plan.recipe, output=folder)


def tasks(sources: Sequence[Path]) -> list[Task]:
    return [Task(source=source) for source in sources]


def named(plan: Plan) -> Callable[[Task], Sequence[PurePosixPath]]:
    return lambda task: plan.outputs(task.called())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_batch_survives_bad_frames_and_dead_workers(
    picture: Picture, struck_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = [picture(f"good_{n}.png", n) for n in range(4)]
    text = tmp_path / "text.NEF"
    text.write_text("no picture\n")
    sources = [
        good[0],
        picture("kill.png"),
        text,
        *good[1:3],
        picture("nan.png"),
        picture("raise.png"),
        good[3],
    ]
    before = {source: source.read_bytes() for source in sources}
    out = tmp_path / "out"

    results = {
        Path(r.source): r
        for r in run_cluster(work(struck_plan, out), tasks(sources), Places(processes=2), named(struck_plan))
    }

    assert set(results) == set(sources)
    assert {results[source].status for source in good} == {Status.DONE}
    failed = {source.stem: results[source].reason for source in set(sources) - set(good)}
    assert "its worker process died twice" in failed["kill"]
    assert "not finite" in failed["nan"]
    assert "stage 'strike' failed: ZeroDivisionError: struck" in failed["raise"]
    assert failed["text"].startswith(f"{text}: ")
    assert files(out) == [f"good_{n}_small.jpg" for n in range(4)]
    assert {source: source.read_bytes() for source in sources} == before
    processes = {
        note
        for source in good
        for entry in results[source].trail
        for note in entry.notes
        if "process" in note
    }
    assert f"in process {os.getpid()}" not in processes
    assert not list(tmp_path.glob("dask*"))


def test_a_plan_that_workers_cannot_build_ends_the_run(
    picture: Picture, struck_plan: Plan, site: Path, tmp_path: Path
) -> None:
    (site / "unveil_strike.py").write_text("raise ImportError('half uninstalled')")
    with pytest.raises(PluginError, match=r"unveil_strike.* cannot be loaded: ImportError: half uninstalled"):
        list(
            run_cluster(work(struck_plan, tmp_path / "out"), tasks([picture()]), Places(), named(struck_plan))
        )


def test_an_interrupted_run_ends_with_130_and_leaves_nothing_half_done(
    picture: Picture, struck_recipe: Path, tmp_path: Path
) -> None:
    sources = [picture("good.png"), picture("slow.png"), picture("slow_too.png"), picture("zoo.png")]
    out = tmp_path / "out"
    command = [sys.executable, "-m", "unveil", "run", str(struck_recipe), *map(str, sources), "-o", str(out)]
    # A group of its own, as a terminal gives: the signal reaches the workers too.
    run = subprocess.Popen(
        [*command, "--device", "cpu", "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        start_new_session=True,
        # Who runs the tests in the background may have told all below it to ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 50
    while len(list(out.glob(".slow*.part-*"))) < 2:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for _ in range(3):
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.2)
    stdout, stderr = run.communicate(timeout=60)

    assert run.returncode == 130, stderr
    assert re.fullmatch(r"done    \S+/good\.png: .*: good_small\.jpg\n", stdout)
    assert "interrupted: 3 frames not done" in stderr
    assert "Traceback" not in stderr
    assert files(out) == [".unveil.lock", "good_small.jpg", "ledger.sqlite"]


def test_workers_that_cannot_be_started_are_told_in_a_sentence(
    struck_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr("unveil.pipeline.batch.clusters.LocalCluster", refuse)
    with pytest.raises(EnvironmentFailure, match=r"cannot be started .*Nanny.*; use --jobs 0"):
        list(
            run_cluster(
                work(struck_plan, tmp_path / "out"), tasks([tmp_path / "a.dng"]), Places(), named(struck_plan)
            )
        )


def test_the_number_of_processes_suits_frames_and_machine() -> None:
    assert default_places(1, "cpu").frames == 1
    assert 1 <= default_places(10_000, "cpu").processes <= (os.cpu_count() or 1)
    assert default_places(10_000, "cpu", 7).processes == 7
    assert default_places(3, "cpu", 7).processes == 3


def test_a_process_on_a_gpu_overlaps_frames_with_one_model() -> None:
    places = default_places(10_000, "cuda:1")
    assert (places.processes, places.devices) == (1, ("cuda:1",))
    assert 1 <= places.threads <= 3
    assert default_places(10_000, "mps").frames <= 3


def test_a_frame_that_needs_more_than_its_share_is_made_alone(
    picture: Picture, struck_plan: Plan, tmp_path: Path
) -> None:
    sources = [picture(f"{name}.png", n) for n, name in enumerate(("a", "hungry", "b"))]
    out, places = tmp_path / "out", Places(processes=2, memory=1_600_000_000)
    results = list(run_cluster(work(struck_plan, out), tasks(sources), places, named(struck_plan)))
    assert [result.status for result in results] == [Status.DONE] * 3
    assert Path(results[-1].source).stem == "hungry"


def test_threads_of_a_process_share_one_plan(picture: Picture, struck_plan: Plan, tmp_path: Path) -> None:
    sources = [picture(f"{n}.png", n) for n in range(4)]
    out = tmp_path / "out"
    results = list(run_cluster(work(struck_plan, out), tasks(sources), Places(threads=3), named(struck_plan)))
    assert [result.status for result in results] == [Status.DONE] * 4
    assert len({result.worker for result in results}) == 1
