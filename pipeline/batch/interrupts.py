"""Ctrl-C: the first finishes what is begun, the second ends at once, and none reaches the workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any

from distributed.utils import LoopRunner
from tornado.ioloop import IOLoop


@contextmanager
def asked_to_stop(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether Ctrl-C was pressed; pressed again, it is a `KeyboardInterrupt`.

    In another thread than the main one, which signals do not reach, Ctrl-C stays what it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        say("finishing the frames that are begun; Ctrl-C once more gives them up")

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def loop_deaf_to_interrupts() -> Iterator[IOLoop]:
    """Run an event loop in a thread that blocks Ctrl-C, as all processes do that are started from it.

    A terminal sends Ctrl-C to workers too; they would print tracebacks and be replaced while this process
    ends them.
    """
    if os.name == "posix":
        # Started later, by the first worker, it would lift the block of the thread that starts it.
        resource_tracker.ensure_running()
    runner = LoopRunner()
    before = _mask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        runner.start()
    finally:
        _mask(signal.SIG_SETMASK, before)
    try:
        yield runner.loop
    finally:
        runner.stop()


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Let an impatient Ctrl-C not stop the tidying up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _mask(how: int, signals: set[Any]) -> set[Any]:
    return set(signal.pthread_sigmask(how, signals)) if hasattr(signal, "pthread_sigmask") else set()
