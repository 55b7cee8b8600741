"""A run on a cluster, from the first frame handed out to the last temporary file removed."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath

from distributed import Client

from ..console import say
from ..errors import EnvironmentFailure
from ..publish import sweep
from ..results import FrameResult
from ..resume import Task
from ..work import WorkerTask
from .clusters import connected, lift
from .crew import Crew
from .interrupts import asked_to_stop
from .places import Places
from .stream import Lost, Stream
from .worker import BenchPlugin


def run_cluster(
    work: WorkerTask,
    tasks: Sequence[Task],
    places: Places,
    outputs: Callable[[Task], Iterable[PurePosixPath]],
) -> Iterator[FrameResult]:
    """Make frames on worker processes; results come as they are done.

    A frame whose worker dies (killed for its memory, a crash in a library) is tried once more, alone, when
    the others are through; if the worker dies again the frame has failed. The first Ctrl-C finishes the frames that are
    begun. The second, or closing the iterator, ends the workers of this machine and removes the temporary files
    of the frames that were in flight; workers elsewhere finish what they have.

    Parameters
    ----------
    work
        What to do with every frame.
    tasks
        Frames to make, each with the absolute path of its source, or of what stands for it.
    places
        Where to make them.
    outputs
        A task to its files below the output folder: tells which temporary files a dead worker may have left.

    Raises
    ------
    UnveilError
        The workers cannot build the plan, there are none, or the scheduler is gone.
    KeyboardInterrupt
        Ctrl-C, when the frames that were begun are done or given up.
    """
    name = f"unveil-{uuid.uuid4().hex}"
    stream: Stream | None = None
    try:
        with asked_to_stop(say) as asked, connected(places) as client, _installed(client, name, work, places):
            crew = Crew(client, places)
            stream = Stream(client, name, asked, crew.resources)
            yield from stream.results(tasks, crew.window)
            lift(client, places)
            yield from stream.second_try()
            if asked():
                raise KeyboardInterrupt
    except Lost as error:
        where = places.scheduler or "this machine"
        raise EnvironmentFailure(
            f"the dask scheduler at {where} is gone; what was done is in the ledger, and the same command goes on"
        ) from error
    finally:
        if stream is not None:
            # Workers elsewhere go on with what they have when this process leaves.
            left = stream.struck if places.scheduler else [*stream.struck, *stream.in_flight.values()]
            sweep(work.output / name for task in left for name in outputs(task))


@contextmanager
def _installed(client: Client, name: str, work: WorkerTask, places: Places) -> Iterator[None]:
    """Give every worker its plan, and workers that go on living their memory back."""
    install(client, name, work, places)
    try:
        yield
    finally:
        if places.scheduler:
            with suppress(Exception):  # the scheduler may be gone
                client.unregister_worker_plugin(name)


def install(client: Client, name: str, work: WorkerTask, places: Places) -> None:
    """Give every worker, also those that come later, a plan under a name."""
    _hush()
    client.register_plugin(BenchPlugin(name, work, places))


def _hush() -> None:
    """Keep dask from printing tracebacks of lost connections: what is lost is told in our own words.

    Some of its loggers have levels of their own, which the level of the first does not reach.
    """
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
