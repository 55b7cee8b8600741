"""Workers that declare a GPU, and frames that ask for one. Real schedulers and workers; the GPU is only declared."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from distributed import Client

from unveil.pipeline.batch import Places, default_places, run_cluster
from unveil.pipeline.batch.crew import has_gpu
from unveil.pipeline.plan import Plan
from unveil.pipeline.results import Status
from unveil.pipeline.resume import Task
from unveil.pipeline.work import Work

Picture = Callable[..., Path]
Cluster = Callable[..., tuple[str, list[int]]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return what starts a scheduler and a worker for each argument, its resources; gives address and processes."""
    started: list[subprocess.Popen[bytes]] = []

    def spawn(module: str, *words: str) -> int:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words, "--no-dashboard"]
        started.append(
            subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        return started[-1].pid

    def start(*resources: str) -> tuple[str, list[int]]:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            address = f"tcp://127.0.0.1:{one.getsockname()[1]}"
        spawn("dask_scheduler", "--host", address, "--no-show")
        same = (
            "--no-nanny",
            "--nthreads",
            "2",
            "--death-timeout",
            "60",
            "--local-directory",
            str(tmp_path / "dask"),
        )
        workers = [
            spawn("dask_worker", address, *same, *(("--resources", declared) if declared else ()))
            for declared in resources
        ]
        with Client(address, set_as_default=False, timeout=60) as client:
            client.wait_for_workers(len(workers), timeout=60)
        return address, workers

    yield start
    for process in reversed(started):
        process.kill()
        process.wait()


def made_by(picture: Picture, plan: Plan, out: Path, places: Places) -> set[int]:
    """Make frames and return the processes that did."""
    out.mkdir()
    tasks = [Task(source=picture(f"{n}.png", n)) for n in range(12)]
    work = Work(recipe=plan.recipe, output=out)
    results = list(run_cluster(work, tasks, places, lambda source: ()))
    assert [result.status for result in results] == [Status.DONE] * 12, results
    return {int(result.worker.partition("@")[0]) for result in results}


def test_frames_that_want_a_gpu_go_where_one_is_declared(
    picture: Picture, short_plan: Plan, tmp_path: Path, cluster: Cluster
) -> None:
    address, (plain, gpu) = cluster("", "GPU=1")
    wanting = Places(scheduler=address, on_gpu=True)
    assert made_by(picture, short_plan, tmp_path / "out", wanting) == {gpu}
    anywhere = Places(scheduler=address)
    assert plain in made_by(picture, short_plan, tmp_path / "any", anywhere)


def test_without_a_declared_gpu_frames_are_made_all_the_same(
    picture: Picture, short_plan: Plan, tmp_path: Path, cluster: Cluster
) -> None:
    address, (plain,) = cluster("CAMERA=1")
    assert made_by(picture, short_plan, tmp_path / "out", Places(scheduler=address, on_gpu=True)) == {plain}


def test_workers_of_this_machine_declare_its_gpus() -> None:
    assert has_gpu(default_places(9, "cuda:1").resources)
    assert not has_gpu(default_places(9, "cpu").resources)
    assert not has_gpu({"GPU": 0.1})
