"""Frames handed out to workers and what comes back, with a bounded number of them in flight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import count, islice

from distributed import Client, Future, KilledWorker, as_completed
from distributed.comm import CommClosedError

from ..results import FrameResult, Status
from ..resume import Task
from .worker import deadly, make


class Lost(Exception):
    """The cluster forgot a frame: its scheduler is gone."""


class Stream:
    """Keeps a bounded number of frames in flight and gathers what comes of them."""

    def __init__(self, client: Client, plugin: str, stop: Callable[[], bool]) -> None:
        self.client = client
        self.plugin = plugin
        self.stop = stop
        """Whether no more frames shall be handed out."""
        self.in_flight: set[Task] = set()
        """Frames that may have temporary files: handed out, with no result yet."""
        self.suspects: list[Task] = []
        """Frames that were with a worker when it died; one of them may have been its end."""
        self._numbers = count()

    def results(self, tasks: Iterable[Task], window: int) -> Iterator[FrameResult]:
        """Yield the results of all tasks but those that come under suspicion; `Lost` where the cluster is gone."""
        waiting = iter(tasks)
        handed = dict(map(self._submit, islice(waiting, window)))
        done = as_completed(list(handed), loop=self.client.loop)
        for future in done:
            task, result = handed.pop(future), _result(future)
            for following, next_task in map(self._submit, () if self.stop() else islice(waiting, 1)):
                handed[following] = next_task
                done.add(following)
            if result is None:
                self.suspects.append(task)
            else:
                self.in_flight.discard(task)
                yield result

    def second_try(self) -> Iterator[FrameResult]:
        """Yield the results of the suspects, each run with nothing beside it."""
        suspects, self.suspects = self.suspects, []
        for task in suspects:
            if self.stop():
                return
            yield from self.results((task,), 1)
            if self.suspects:
                self.suspects.clear()
                yield FrameResult(source=str(task.source), status=Status.FAILED, reason=deadly(task.source))

    def _submit(self, task: Task) -> tuple[Future, Task]:
        self.in_flight.add(task)
        key = f"{self.plugin}-{next(self._numbers)}"
        return self.client.submit(make, self.plugin, task, key=key, pure=False), task


def _result(future: Future) -> FrameResult | None:
    """Return the frame's result, or None if its worker died; `Lost` where nobody knows."""
    try:
        result: FrameResult = future.result()
        return result
    except KilledWorker:
        return None
    except (CancelledError, CommClosedError, TimeoutError) as error:
        raise Lost(str(error)) from error
    finally:
        future.release()
