"""Who makes the frames of a hot folder: workers, or this process; plans and networks stay with them between frames."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import UnveilError
from ..memory import share_of_memory
from ..plan import Plan
from ..publish import sweep
from ..recipe.check import METHOD_STAGE
from ..results import FrameResult
from ..resume import Task
from ..work import Bench, Work

if TYPE_CHECKING:
    from distributed import Client

    from ..batch import Places

WARM = 4
"""Plans that are kept built, those that were used last: each holds its networks in memory."""
PER_PLACE = 8
"""Frames of a batch for each that is made at once; between batches is looked what has come."""


class Unbuilt(UnveilError):
    """A plan cannot be built where frames are made."""

    exit_status = 3


class Dropped(UnveilError):
    """The workers are gone; new ones can be started."""


class Hands(Protocol):
    """Makes frames."""

    def batch(self) -> int:
        """Return how many frames to give at once."""
        ...

    def make(self, plan: Plan, work: Work, tasks: Sequence[Task]) -> Iterator[FrameResult]:
        """Make frames; results come as they are done. Told to stop, begun frames are finished and no others begun.

        Raises
        ------
        Unbuilt
            The plan cannot be built.
        Dropped
            The workers are gone, which costs no frame.
        EnvironmentFailure
            There can be no workers.
        """
        ...

    def close(self) -> None:
        """End what is kept; frames in hand are given up."""
        ...


class Here:
    """Makes frames one after another in this process."""

    def __init__(self, device: str, stop: Callable[[], bool], max_memory: int | None = None) -> None:
        self._device, self._stop, self._max_memory = device, stop, max_memory
        self._benches: OrderedDict[str, Bench] = OrderedDict()

    def batch(self) -> int:
        """Return how many frames to give at once."""
        return PER_PLACE

    def make(self, plan: Plan, work: Work, tasks: Sequence[Task]) -> Iterator[FrameResult]:
        """Make frames; as `Hands.make`."""
        try:
            bench = self._bench(work)
        except UnveilError as error:
            raise Unbuilt(str(error)) from error
        for task in tasks:
            if self._stop():
                return
            yield bench.frame(task)

    def close(self) -> None:
        """Forget the plans."""
        self._benches.clear()

    def _bench(self, work: Work) -> Bench:
        key = work.recipe.to_yaml()
        if key not in self._benches:
            self._benches[key] = replace(work, max_memory=self._max_memory).bench(self._device)
        self._benches.move_to_end(key)
        while len(self._benches) > WARM:
            self._benches.popitem(last=False)
        return self._benches[key]


class Crewed:
    """Makes frames on worker processes, which are started for the first and kept."""

    def __init__(
        self, device: str, jobs: int | None, stop: Callable[[], bool], max_memory: int | None = None
    ) -> None:
        self._device, self._jobs, self._stop, self._max_memory = device, jobs, stop, max_memory
        self._stack = ExitStack()
        self._client: Client | None = None
        self._places: Places | None = None
        self._plans: OrderedDict[str, str] = OrderedDict()
        """Names under which the workers know the plans, by recipe."""

    def batch(self) -> int:
        """Return how many frames to give at once."""
        return PER_PLACE * (self._places.frames if self._places else 1)

    def make(self, plan: Plan, work: Work, tasks: Sequence[Task]) -> Iterator[FrameResult]:
        """Make frames; as `Hands.make`. A frame that twice ends its worker has failed, as in a run."""
        from ..batch.clusters import lift
        from ..batch.crew import Crew
        from ..batch.stream import Lost, Stream

        client, places = self._started(plan, tasks)
        places = replace(places, on_gpu=any(stage.name == METHOD_STAGE for stage in plan.stages))
        crew = Crew(client, places)
        stream = Stream(client, self._plan(client, places, work), self._stop, crew.resources)
        try:
            yield from stream.results(tasks, crew.window)
            if stream.suspects:
                lift(client, places)
                yield from stream.second_try()
                self.close()  # what was lifted is for one alone
        except Lost as error:
            self.close()
            raise Dropped("the worker processes are gone; new ones are started") from error
        except UnveilError as error:
            raise Unbuilt(str(error)) from error
        except BaseException:
            self.close()  # before the sweep: what a worker still writes would stay
            raise
        finally:
            left = [*stream.struck, *stream.in_flight.values()]
            sweep(work.output / name for task in left for name in plan.outputs(task.called()))

    def close(self) -> None:
        """End the workers."""
        self._plans.clear()
        self._client = self._places = None
        self._stack.close()

    def _started(self, plan: Plan, tasks: Sequence[Task]) -> tuple[Client, Places]:
        if self._client is None or self._places is None:
            from ..batch import default_places, frame_bytes, say_if_tight
            from ..batch.clusters import connected

            need = frame_bytes(plan, [Path(task.source) for task in tasks])
            places = default_places(1_000_000, self._device, self._jobs, need)
            say_if_tight(places, need)
            self._client, self._places = self._stack.enter_context(connected(places)), places
        return self._client, self._places

    def _plan(self, client: Client, places: Places, work: Work) -> str:
        """Give the workers a plan that they do not have yet, and take back the one that was not used for longest."""
        from ..batch.run import install

        key = work.recipe.to_yaml()
        if key not in self._plans:
            name = f"unveil-{uuid.uuid4().hex}"
            most = share_of_memory(self._max_memory, self._device, places.processes)
            install(client, name, replace(work, max_memory=most), places)
            self._plans[key] = name
        self._plans.move_to_end(key)
        while len(self._plans) > WARM:
            with suppress(Exception):
                client.unregister_worker_plugin(self._plans.popitem(last=False)[1])
        return self._plans[key]
