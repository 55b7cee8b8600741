"""Runs many frames on worker processes of a local dask cluster.

One task is one frame. A task carries the path of its source and nothing else; each worker builds the plan
once. Only as many tasks are in flight as there are workers, so that a hundred thousand frames cost the memory
of one hundred.
"""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from multiprocessing import resource_tracker
from pathlib import Path, PurePosixPath
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import (
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    Worker,
    WorkerPlugin,
    as_completed,
    get_worker,
)
from distributed.system import MEMORY_LIMIT
from distributed.utils import LoopRunner
from tornado.ioloop import IOLoop

from .errors import EnvironmentFailure, UnveilError
from .publish import sweep
from .results import FrameResult, Status
from .resume import Task
from .work import FrameMaker, WorkerTask

MEMORY_PER_JOB = 3 * 2**30
"""Bytes that a worker may need: a 50-megapixel frame in float32 with three layers is 2.4 GB."""
GPU_JOBS = 2
"""Workers that share a GPU: one reads or writes while the other computes. Each holds its own model."""
PLUGIN = "unveil-bench"


def default_jobs(frames: int, device: str) -> int:
    """Return how many workers suit: one for each core, 3 GiB of memory and frame; few on a GPU."""
    most = int(CPU_COUNT) if device == "cpu" else GPU_JOBS
    return max(1, min(most, int(CPU_COUNT), frames, int(MEMORY_LIMIT) // MEMORY_PER_JOB))


def run_cluster(
    work: WorkerTask, tasks: Sequence[Task], jobs: int, outputs: Callable[[Path], Iterable[PurePosixPath]]
) -> Iterator[FrameResult]:
    """Develop frames on `jobs` worker processes; results come as they are done.

    A frame whose worker dies (killed for its memory, a crash in a library) is tried once more, alone, when
    the others are through; if the worker dies again the frame has failed. Closing the iterator, or an
    interruption, ends the workers and removes the temporary files of the frames that were in flight.

    Parameters
    ----------
    work
        What to do with every frame.
    tasks
        Frames to make, each with the absolute path of its source, or of what stands for it.
    jobs
        Worker processes, at least 1.
    outputs
        A source to its files below the output folder: tells which temporary files a dead worker may have left.

    Raises
    ------
    UnveilError
        The workers cannot build the plan.
    """
    in_flight: set[Task] = set()
    try:
        with _cluster(jobs) as client:
            client.register_plugin(_BenchPlugin(work, max(1, CPU_COUNT // jobs)))
            stream = _Stream(client, in_flight)
            yield from stream.results(tasks, jobs)
            yield from stream.second_try()
    finally:
        sweep(work.output / name for task in in_flight for name in outputs(task.source))


class _Stream:
    """Keeps a bounded number of frames in flight and gathers what comes of them."""

    def __init__(self, client: Client, in_flight: set[Task]) -> None:
        self.client = client
        self.in_flight = in_flight
        """Frames that may have temporary files: handed out, with no result yet."""
        self.suspects: list[Task] = []
        """Frames that were with a worker when it died; one of them may have been its end."""
        self.numbers = count()

    def results(self, tasks: Iterable[Task], window: int) -> Iterator[FrameResult]:
        """Yield the results of all tasks but those that come under suspicion."""
        waiting = iter(tasks)
        handed = dict(map(self._submit, islice(waiting, window)))
        done = as_completed(list(handed), loop=self.client.loop)
        for future in done:
            task, result = handed.pop(future), _result(future)
            for following, next_task in map(self._submit, islice(waiting, 1)):
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
            yield from self.results((task,), 1)
            if self.suspects:
                self.suspects.clear()
                yield FrameResult(source=str(task.source), status=Status.FAILED, reason=_deadly(task.source))

    def _submit(self, task: Task) -> tuple[Future, Task]:
        self.in_flight.add(task)
        key = f"frame-{next(self.numbers)}"
        return self.client.submit(_made, task, key=key, pure=False), task


def _result(future: Future) -> FrameResult | None:
    """Return the frame's result, or None if its worker died."""
    try:
        result: FrameResult = future.result()
        return result
    except KilledWorker:
        return None
    finally:
        future.release()


def _deadly(source: Path) -> str:
    return (
        f"{source}: its worker process died twice, the second time with nothing beside it: killed for its "
        "memory, or a crash in a library; look with --jobs 0 --debug"
    )


class _BenchPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped here
    """Gives each worker, also one that replaces a dead one, its built plan."""

    name = PLUGIN

    def __init__(self, work: WorkerTask, threads: int) -> None:
        self.work = work
        self.threads = threads
        self.bench: FrameMaker | None = None
        self.error: UnveilError | None = None

    def setup(self, worker: Worker) -> None:
        """Build the plan; what goes wrong is kept for the tasks: a worker that fails here never comes up."""
        import torch

        torch.set_num_threads(self.threads)
        try:
            self.bench = self.work.bench()
        except UnveilError as error:
            self.error = error
        except Exception as error:
            self.error = UnveilError(f"the plan cannot be built: {type(error).__name__}: {error}")


def _made(task: Task) -> FrameResult:
    """Make one frame in a worker."""
    plugin: _BenchPlugin = get_worker().plugins[PLUGIN]
    if plugin.bench is None:
        raise plugin.error or UnveilError("the worker has no plan")
    return plugin.bench.frame(task)


@contextmanager
def _cluster(jobs: int) -> Iterator[Client]:
    """Start workers in a scratch folder of their own, and end them whatever happens."""
    with ExitStack() as stack:
        scratch = tempfile.TemporaryDirectory(prefix="unveil-", ignore_cleanup_errors=True)
        # The first death of a worker is reported at once: the second try is ours (see `second_try`).
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0}))
        loop = stack.enter_context(_loop_deaf_to_interrupts())
        cluster = stack.enter_context(_started(jobs, stack.enter_context(scratch), loop))
        client = stack.enter_context(Client(cluster, set_as_default=False))
        try:
            yield client
        finally:
            with _interrupts_ignored():
                stack.close()


def _started(jobs: int, folder: str, loop: IOLoop) -> LocalCluster:
    """Start the workers; `EnvironmentFailure` where the machine does not let them."""
    try:
        return LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            local_directory=folder,
            loop=loop,
        )
    except (OSError, RuntimeError) as error:
        raise EnvironmentFailure(
            f"worker processes cannot be started ({type(error).__name__}: {error}); use --jobs 0"
        ) from error


@contextmanager
def _loop_deaf_to_interrupts() -> Iterator[IOLoop]:
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


def _mask(how: int, signals: set[Any]) -> set[Any]:
    return set(signal.pthread_sigmask(how, signals)) if hasattr(signal, "pthread_sigmask") else set()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let an impatient second Ctrl-C not stop the tidying up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
