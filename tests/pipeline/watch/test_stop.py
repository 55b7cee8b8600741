"""Being told to stop, once and twice; and waiting for what is missing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.watch.orders import Order
from unveil.pipeline.watch.start import make_watch
from unveil.pipeline.watch.stop import Stop, told_to_stop
from unveil.pipeline.watch.told import Teller

from .conftest import Hot

Picture = Callable[..., Path]


class Curt(Teller):
    """Wants the watch to stop after the first frame."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(as_json=False)
        self.stop = stop

    def frame(self, result: FrameResult, order: Order) -> None:
        super().frame(result, order)
        self.stop.ask()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_asks_and_the_second_gives_up(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    said: list[str] = []
    with told_to_stop(said.append) as stop:
        os.kill(os.getpid(), number)
        stop.wait(60)
        assert stop()
        assert stop.interrupted is (number == signal.SIGINT)
        assert len(said) == 1
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert stop.interrupted
    assert signal.getsignal(number) is before


def test_a_watch_that_is_told_to_stop_finishes_the_frame_in_hand_and_begins_no_other(
    hot: Hot, picture: Picture
) -> None:
    for name in "abc":
        picture(f"in/{name}.png")
    stop = Stop()
    hot.waits = replace(hot.waits, settle=0)
    assert make_watch(hot.rules, hot.base, hot.waits, hot.registry, stop, Curt(stop)).run() == 0
    assert hot.files() == ["b.png", "c.png", "done/a.png"]
    assert hot.statuses() == {"done/a.png": Status.DONE}


def test_once_ends_when_what_is_there_is_done_and_tells_of_failures(
    hot: Hot, picture: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    picture("in/a.png")
    picture("in/b.png").write_bytes(b"no picture")
    hot.waits = replace(hot.waits, settle=0)
    hot.rules = replace(hot.rules, once=True)

    def status() -> int:
        return make_watch(hot.rules, hot.base, hot.waits, hot.registry, Stop(), Teller(True)).run()

    assert status() == 1
    assert '"event": "end", "done": 1, "failed": 1' in capsys.readouterr().out
    assert status() == 0
    assert '"event": "end", "done": 0, "failed": 0' in capsys.readouterr().out


class Impatient(Stop):
    """Waits for nothing."""

    def __init__(self, hot: Hot) -> None:
        super().__init__()
        self.hot = hot

    def wait(self, seconds: float) -> None:
        self.hot.now += seconds


class Unplugged(Teller):
    """Takes the output folder away after the first frame, and gives it back when it is missed."""

    def __init__(self, hot: Hot, stop: Stop) -> None:
        super().__init__(as_json=False)
        self.out, self.away, self.stop = hot.out, hot.out.with_name("away"), stop
        self.troubles: list[str] = []

    def frame(self, result: FrameResult, order: Order) -> None:
        super().frame(result, order)
        if self.troubles:
            self.stop.ask()
        else:
            self.out.rename(self.away)
            self.out.mkdir()  # what is under a share that is not mounted

    def trouble(self, about: str, reason: str, event: str = "waiting") -> None:
        super().trouble(about, reason, event)
        self.troubles.append(about)
        if about == "output":
            self.out.rmdir()  # nothing was written there
            self.away.rename(self.out)


def test_an_output_folder_that_is_away_is_waited_for(
    hot: Hot, picture: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    picture("in/a.png")
    picture("in/b/b.png")
    stop = Impatient(hot)
    teller = Unplugged(hot, stop)
    hot.waits = replace(hot.waits, settle=0)
    watch = make_watch(hot.rules, hot.base, hot.waits, hot.registry, stop, teller)
    watch.making.hands.batch = lambda: 1  # type: ignore[method-assign]
    assert watch.run() == 0
    assert teller.troubles == ["output"]
    assert "can be used again" in capsys.readouterr().err
    assert hot.files() == ["done/a.png", "done/b/b.png"]
    assert hot.statuses() == dict.fromkeys(("done/a.png", "done/b/b.png"), Status.DONE)


@pytest.fixture
def small_disk(hot: Hot) -> Iterator[Path]:
    """A file system of 1 MiB under the output folder."""
    hot.out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(hot.out)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount a small file system")
    yield hot.out
    hot.stop()
    subprocess.run(["umount", "-l", str(hot.out)], check=True)


def test_a_full_disk_is_waited_for_and_fails_no_frame(
    hot: Hot, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hot.start()
    for seed in range(2):
        pixels = np.random.default_rng(seed).integers(0, 255, (300, 400, 3), dtype=np.uint8)
        (hot.incoming / f"{seed}.png").write_bytes(imagecodecs.png_encode(pixels))
    hot.look(0)
    usage = shutil.disk_usage(small_disk)
    (small_disk / "ballast").write_bytes(bytes(usage.free - 40_000))
    hot.look(10)
    assert "no space left on device; trying again every 30 s" in capsys.readouterr().err.lower()
    assert hot.statuses() == {}
    assert hot.files() == ["0.png", "1.png"]

    (small_disk / "ballast").unlink()
    hot.look(10)
    assert hot.statuses() == {}
    hot.look(30)
    assert "there is room again" in capsys.readouterr().err
    assert hot.files() == ["done/0.png", "done/1.png"]
