"""Being told to stop: the first signal lets frames in hand be finished, the second gives them up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether somebody wants the watch to end."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.interrupted = False
        """Whether it was Ctrl-C, or a second signal."""

    def __call__(self) -> bool:
        """Return whether somebody has asked."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Let the watch end when the frames in hand are done."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until somebody asks."""
        self._asked.wait(seconds)


@contextmanager
def told_to_stop(say: Callable[[str], None]) -> Iterator[Stop]:
    """Give what SIGTERM and Ctrl-C set; a second one is a `KeyboardInterrupt`. Only in the main thread."""
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        second = stop()
        stop.interrupted = second or number == signal.SIGINT
        if second:
            raise KeyboardInterrupt
        stop.ask()
        say("finishing the frames that are begun; once more gives them up")

    before = [(number, signal.signal(number, handle)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield stop
    finally:
        for number, handler in before:
            signal.signal(number, handler)
