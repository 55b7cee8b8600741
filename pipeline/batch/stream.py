"""Frames handed out to workers and what comes back, with a bounded number of them in flight."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from itertools import count, islice

from distributed import Client, Future, KilledWorker, as_completed
from distributed.comm import CommClosedError

from ..results import FrameResult, Status
from ..resume import Task
from .worker import deadly, make

SPAN = 0.1
"""Seconds that a group of short frames takes: long beside the few milliseconds that dask needs for a task, short for
whoever waits for the frames that are begun."""
LARGEST = 64
"""Frames in a group; all come under suspicion when its worker dies."""


class Lost(Exception):
    """The cluster forgot a frame: its scheduler is gone."""


class Stream:
    """Keeps a bounded number of frames in flight and gathers what comes of them."""

    def __init__(
        self,
        client: Client,
        plugin: str,
        stop: Callable[[], bool],
        resources: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self.client = client
        self.plugin = plugin
        self.resources = resources
        """What the frames that are handed out now ask of a worker."""
        self.stop = stop
        """Whether no more frames shall be handed out."""
        # By number, not in a set: a path that was hashed once keeps what that took, for every frame of the run.
        self.in_flight: dict[int, Task] = {}
        """Frames that may have temporary files: handed out, with no result yet."""
        self.suspects: list[Task] = []
        """Frames that were with a worker when it died; one of them may have been its end."""
        self.struck: list[Task] = []
        """Those that ever were: dead workers leave temporary files."""
        self._numbers = count()

    def results(self, tasks: Iterable[Task], window: Callable[[], int]) -> Iterator[FrameResult]:
        """Yield the results of all tasks but those that come under suspicion; `Lost` where the cluster is gone.

        `window` tells how many groups may be in flight; more where workers have joined.
        """
        waiting, pace = iter(tasks), Pace()
        handed = dict(
            self._submit(batched) for _ in range(window()) if (batched := tuple(islice(waiting, 1)))
        )
        done = as_completed(list(handed), loop=self.client.loop)
        for future in done:
            group, results = handed.pop(future), _results(future)
            pace.add(results or ())
            while not self.stop() and len(handed) < window():
                if not (batched := tuple(islice(waiting, pace.frames()))):
                    break
                following, next_group = self._submit(batched)
                handed[following] = next_group
                done.add(following)
            if results is None:
                self.suspects += group
                self.struck += group
            else:
                for task in group:
                    self.in_flight.pop(id(task), None)
                yield from results

    def second_try(self) -> Iterator[FrameResult]:
        """Yield the results of the suspects, each run with nothing beside it."""
        suspects, self.suspects = self.suspects, []
        for task in suspects:
            if self.stop():
                return
            yield from self.results((task,), lambda: 1)
            if self.suspects:
                self.suspects.clear()
                yield FrameResult(source=str(task.source), status=Status.FAILED, reason=deadly(task.source))

    def _submit(self, group: tuple[Task, ...]) -> tuple[Future, tuple[Task, ...]]:
        self.in_flight.update((id(task), task) for task in group)
        key = f"{self.plugin}-{next(self._numbers)}"
        asked = dict(self.resources()) or None
        return self.client.submit(make, self.plugin, group, key=key, pure=False, resources=asked), group


class Pace:
    """How many frames to hand out together: one, unless they are so short that handing them out would cost more."""

    def __init__(self) -> None:
        self._seconds = math.inf
        """Of a frame, of late."""

    def add(self, results: Sequence[FrameResult]) -> None:
        """Learn from the frames of a group."""
        if results:
            mean = sum(result.seconds for result in results) / len(results)
            self._seconds = mean if math.isinf(self._seconds) else (self._seconds + mean) / 2

    def frames(self) -> int:
        """Return how many frames the next group shall have."""
        return max(1, min(LARGEST, int(SPAN / max(self._seconds, 1e-6))))


def _results(future: Future) -> list[FrameResult] | None:
    """Return the results of a group, or None if its worker died; `Lost` where nobody knows."""
    try:
        results: list[FrameResult] = future.result()
        return results
    except KilledWorker:
        return None
    except (CancelledError, CommClosedError, TimeoutError) as error:
        raise Lost(str(error)) from error
    finally:
        future.release()
