"""What runs in the worker processes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from threading import Lock

from distributed import Worker, WorkerPlugin, get_worker

from ..errors import UnveilError
from ..results import FrameResult
from ..resume import Task
from ..work import FrameMaker, WorkerTask
from .crew import has_gpu
from .places import Places


class BenchPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped here
    """Gives each worker, also one that replaces a dead one, its built plan."""

    def __init__(self, name: str, work: WorkerTask, places: Places) -> None:
        self.name = name
        self.work = work
        self.places = places
        self._bench: FrameMaker | UnveilError | None = None

    def setup(self, worker: Worker) -> None:
        """Build the plan; a worker without a GPU, where frames want one, waits until it is sent one all the same."""
        self._worker, self._lock = worker, Lock()
        if not (self.places.scheduler and self.places.on_gpu) or has_gpu(worker.state.total_resources):
            self.bench()

    def bench(self) -> FrameMaker | UnveilError:
        """Return the built plan, or what went wrong: a worker that fails in `setup` would never come up."""
        with self._lock:
            if self._bench is None:
                self._bench = self._built()
            return self._bench

    def _built(self) -> FrameMaker | UnveilError:
        worker = self._worker
        try:
            return self.work.bench(self._device(worker), int(worker.state.nthreads))
        except UnveilError as error:
            return error
        except Exception as error:
            return UnveilError(f"the plan cannot be built: {type(error).__name__}: {error}")

    def _device(self, worker: Worker) -> str:
        """Return the device of a worker: those of this machine are numbered."""
        devices, number = self.places.devices, worker.name
        return devices[number % len(devices) if isinstance(number, int) else 0]


def make(plugin: str, tasks: Sequence[Task]) -> list[FrameResult]:
    """Make frames one after another in a worker that has the plugin of that name."""
    found: BenchPlugin | None = get_worker().plugins.get(plugin)
    bench = found.bench() if found else UnveilError("the worker has no plan")
    if isinstance(bench, UnveilError):
        raise bench
    return [bench.frame(task) for task in tasks]


def deadly(source: PurePath) -> str:
    """Return the sentence for a frame that ends the process which makes it."""
    return (
        f"{source}: its worker process died twice, the second time with nothing beside it: killed for its "
        "memory, or a crash in a library; look with --jobs 0 --debug"
    )
