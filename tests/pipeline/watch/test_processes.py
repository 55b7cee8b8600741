"""A watch as a user starts it: told to stop, killed, and started again. Few tests, each with much in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.ledger import read_ledger, writing
from unveil.pipeline.results import Status

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs the signals of POSIX")
PATIENCE = 120
"""Seconds; only a machine with much else to do comes near it."""
Picture = Callable[..., Path]


class Watched:
    """A hot folder that processes watch."""

    def __init__(self, folder: Path, recipe: Path) -> None:
        self.folder, self.recipe = folder, recipe
        self.incoming, self.out, self.events = folder / "in", folder / "out", folder / "events.jsonl"
        self.incoming.mkdir()
        self._running: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        words = ["watch", str(self.incoming), "--recipe", str(self.recipe), "-o", str(self.out)]
        quick = [
            "--settle",
            "0.2",
            "--partner",
            "0",
            "--every",
            "0.1",
            "--then",
            "move",
            "--json",
            "--jobs",
            "0",
        ]
        with self.events.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "unveil", *words, *quick],
                stdout=file,
                stderr=subprocess.PIPE,
                text=True,
                cwd=self.folder,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def told(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.events.read_text().splitlines()]
        return [one for one in found if one["event"] == event]

    def files(self) -> list[str]:
        return sorted(
            p.relative_to(self.incoming).as_posix() for p in self.incoming.rglob("*") if p.is_file()
        )

    def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline
            assert self._running[-1].poll() is None or true(), self._running[-1].communicate()
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def watched(struck_recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A hot folder whose recipe has the stage `strike`."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    watched = Watched(tmp_path, struck_recipe)
    yield watched
    watched.stop()


def test_a_killed_watch_keeps_others_out_loses_nothing_goes_on_and_ends_on_sigterm(
    watched: Watched, picture: Picture
) -> None:
    process = watched.start()
    pictures = [picture(f"in/job/{name}.png", n) for n, name in enumerate(("a", "b", "slow_c", "d"))]
    watched.until(lambda: list(watched.out.glob(".slow_c*.part-*")))
    with pytest.raises(EnvironmentFailure, match=r"another run .* writes into"), writing(watched.out):
        pass
    process.kill()
    process.wait()
    assert all(path.exists() for path in pictures[2:])

    (watched.folder / "hurry").touch()
    process = watched.start()
    watched.until(lambda: len(watched.files()) == 4 and not list(watched.incoming.glob("job/*")))
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    assert watched.told("end")[0]["exit_status"] == 0
    assert watched.files() == [f"done/job/{name}.png" for name in ("a", "b", "d", "slow_c")]
    results = sorted(path.name for path in watched.out.iterdir() if not path.name.startswith(".unveil.lock"))
    assert results == [
        *(f"{name}_small.jpg" for name in ("a", "b", "d")),
        "ledger.sqlite",
        "slow_c_small.jpg",
    ]
    known = read_ledger(watched.out)
    assert {result.status for result in known.values()} == {Status.DONE}
    assert sorted(Path(source).stem for source in known) == ["a", "b", "d", "slow_c"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("gone", "-o", "out"), "gone: no such folder"),
        ((".", "-o", "."), "might be taken as sources there"),
        (("in", "-o", "."), "might be taken as sources there"),
        (("in", "-o", "out", "--done", "nef"), "--done nef: allowed: a suffix"),
    ],
)
def test_wrong_folders_are_refused_before_any_work(
    watched: Watched,
    words: tuple[str, ...],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from unveil.cli import main

    monkeypatch.chdir(watched.folder)
    assert main(["watch", *words, "--recipe", str(watched.recipe)]) == 2
    assert sentence in capsys.readouterr().err
