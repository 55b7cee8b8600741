"""Workers, clients and schedulers that die, and inputs that do. Runs cost seconds: few tests, each with much in it."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from unveil.pipeline.results import Status

if TYPE_CHECKING:
    from .conftest import Lab

Picture = Callable[..., Path]
Hashes = Callable[[Sequence[Path]], dict[Path, str]]
Until = Callable[[Callable[[], object]], None]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs the signals of POSIX")


def test_dying_workers_and_inputs_cost_their_own_frames_only(
    picture: Picture, lab: Lab, hashes: Hashes
) -> None:
    good = [picture(f"{name}.png", n) for n, name in enumerate(("a", "b", "once_struck", "c"))]
    poisoned = picture("kill.png")
    shaky = [picture("vanish.png"), picture("change.png")]
    before = hashes([*good, poisoned])

    status, stderr = lab.run([*good[:2], poisoned, *shaky, *good[2:]], "--jobs", "2")

    assert status == 1, stderr
    assert {name for name, found in lab.statuses().items() if found is Status.DONE} == {
        path.stem for path in good
    }
    reasons = lab.reasons()
    assert set(reasons) == {"kill", "vanish", "change"}
    assert "its worker process died twice" in reasons["kill"]
    assert "was changed, moved or deleted" in reasons["change"]
    assert str(shaky[0]) in reasons["vanish"]
    assert hashes([*good, poisoned]) == before
    lab.check()


def test_a_killed_run_keeps_others_out_leaves_no_orphans_and_goes_on(
    picture: Picture, lab: Lab, hashes: Hashes, until: Until
) -> None:
    sources = [picture(f"{name}.png", n) for n, name in enumerate(("a", "slow_b", "slow_c", "d"))]
    before = hashes(sources)
    first = lab.start(sources, "--jobs", "2")
    until(lambda: len(list(lab.out.glob(".slow*.part-*"))) == 2)

    status, stderr = lab.run(sources, "--jobs", "2")
    assert status == 3
    assert f"another run (process {first.pid} on {socket.gethostname()}) writes into" in stderr

    workers = [int(path.name.rpartition("-")[2]) for path in lab.out.glob(".slow*.part-*")]
    first.kill()
    first.wait()
    until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() and _alive(pid) for pid in workers))
    assert lab.statuses() == {"a": Status.DONE}

    (lab.folder / "hurry").touch()
    written = (lab.out / "a_small.jpg").stat().st_mtime_ns
    status, stderr = lab.run(sources, "--jobs", "1")
    assert status == 0, stderr
    assert (lab.out / "a_small.jpg").stat().st_mtime_ns == written
    assert set(lab.statuses().values()) == {Status.DONE}
    assert len(lab.statuses()) == 4
    assert hashes(sources) == before
    lab.check()


def test_a_lost_scheduler_ends_the_run_with_a_sentence(
    picture: Picture, lab: Lab, hashes: Hashes, until: Until
) -> None:
    sources = [picture(f"{name}.png", n) for n, name in enumerate(("a", "slow_b", "c"))]
    before = hashes(sources)
    address = f"tcp://127.0.0.1:{_free_port()}"
    scheduler = lab.spawn("distributed.cli.dask_scheduler", "--no-dashboard", "--host", address, "--no-show")
    lab.spawn(
        "distributed.cli.dask_worker", address, "--no-dashboard", "--no-nanny", "--nthreads", "1",
        "--death-timeout", "60", "--local-directory", str(lab.folder / "dask"),
    )  # fmt: skip
    run = lab.start(sources, "--scheduler", address)
    until(lambda: run.poll() is not None or list(lab.out.glob(".slow*.part-*")))
    assert run.poll() is None, run.communicate()
    os.kill(scheduler.pid, signal.SIGKILL)
    _, stderr = run.communicate(timeout=120)

    assert run.returncode == 3, stderr
    assert re.search(
        rf"the dask scheduler at {address} is gone; what was done is in the ledger, and the same command goes on",
        stderr,
    )
    assert "Traceback" not in stderr
    assert lab.statuses() == {"a": Status.DONE}
    lab.stop()

    (lab.folder / "hurry").touch()
    status, stderr = lab.run(sources, "--jobs", "0")
    assert status == 0, stderr
    assert set(lab.statuses().values()) == {Status.DONE}
    assert hashes(sources) == before
    lab.check()


def _alive(pid: int) -> bool:
    """Return whether a process runs; one that ended and that nobody has asked about yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
