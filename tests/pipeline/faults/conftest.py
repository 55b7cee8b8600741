"""Runs as a user starts them, in processes of their own, and what must be true after each."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from unveil.pipeline.ledger import read_ledger, reading
from unveil.pipeline.ledger.verify import verify
from unveil.pipeline.receipts import recover
from unveil.pipeline.results import Status

PATIENCE = 180
"""Seconds; only a machine with much else to do comes near it."""


class Lab:
    """A folder of sources, an output folder, and the runs between them."""

    def __init__(self, recipe: Path, folder: Path) -> None:
        self.recipe = recipe
        self.folder = folder
        self.out = folder / "out"
        self._running: list[subprocess.Popen[str]] = []

        self.before: Sequence[str] = ()
        """Command that starts what is run, e.g. `setpriv`."""

    def start(self, sources: Sequence[Path], *more: str) -> subprocess.Popen[str]:
        """Start `unveil run`."""
        words = ["run", str(self.recipe), *map(str, sources), "-o", str(self.out), *more]
        return self.spawn("unveil", *words)

    def spawn(self, module: str, *words: str) -> subprocess.Popen[str]:
        """Start a module in a group of its own."""
        process = subprocess.Popen(
            [*self.before, sys.executable, "-m", module, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            start_new_session=True,
        )
        self._running.append(process)
        return process

    def run(self, sources: Sequence[Path], *more: str) -> tuple[int, str]:
        """Run to the end; return exit status and stderr."""
        process = self.start(sources, *more)
        _, stderr = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in stderr, stderr
        return process.returncode, stderr

    def statuses(self) -> dict[str, Status]:
        """Return what the ledger says of each frame, by stem."""
        return {Path(source).stem: result.status for source, result in read_ledger(self.out).items()}

    def reasons(self) -> dict[str, str]:
        """Return why frames failed, by stem."""
        return {Path(source).stem: r.reason for source, r in read_ledger(self.out).items() if r.reason}

    def check(self) -> None:
        """No file is half done or unknown to the ledger, and every one is what the ledger says."""
        recover(self.out)
        found = {p.relative_to(self.out).as_posix() for p in self.out.rglob("*") if p.is_file()}
        with reading(self.out) as ledger:
            assert ledger is not None
            assert found - {".unveil.lock", "ledger.sqlite"} == set(ledger.outputs())
            assert verify(self.out, ledger, sources=True) == []

    def stop(self) -> None:
        """End what still runs."""
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def lab(struck_recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab whose recipe has the stage `strike`."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    lab = Lab(struck_recipe, tmp_path)
    yield lab
    lab.stop()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Return a function that waits until something is true."""

    def wait(true: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    return wait


@pytest.fixture
def hashes() -> Callable[[Sequence[Path]], dict[Path, str]]:
    """Return a function that hashes files."""
    return lambda paths: {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
