"""What runs in the worker processes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dask.system import CPU_COUNT
from distributed import Worker, WorkerPlugin, get_worker

from ..errors import UnveilError
from ..results import FrameResult
from ..resume import Task
from ..work import FrameMaker, WorkerTask
from .places import Places


class BenchPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed is untyped here
    """Gives each worker, also one that replaces a dead one, its built plan."""

    def __init__(self, name: str, work: WorkerTask, places: Places) -> None:
        self.name = name
        self.work = work
        self.places = places
        self.bench: FrameMaker | None = None
        self.error: UnveilError | None = None

    def setup(self, worker: Worker) -> None:
        """Build the plan; what goes wrong is kept for the tasks: a worker that fails here never comes up."""
        import torch

        if not self.places.scheduler:
            torch.set_num_threads(max(1, int(CPU_COUNT) // self.places.frames))
        try:
            self.bench = self.work.bench(self._device(worker), int(worker.state.nthreads))
        except UnveilError as error:
            self.error = error
        except Exception as error:
            self.error = UnveilError(f"the plan cannot be built: {type(error).__name__}: {error}")

    def _device(self, worker: Worker) -> str:
        """Return the device of a worker: those of this machine are numbered."""
        devices, number = self.places.devices, worker.name
        return devices[number % len(devices) if isinstance(number, int) else 0]


def make(plugin: str, tasks: Sequence[Task]) -> list[FrameResult]:
    """Make frames one after another in a worker that has the plugin of that name."""
    found: BenchPlugin | None = get_worker().plugins.get(plugin)
    if found is None or found.bench is None:
        raise (found.error if found else None) or UnveilError("the worker has no plan")
    return [found.bench.frame(task) for task in tasks]


def deadly(source: Path) -> str:
    """Return the sentence for a frame that ends the process which makes it."""
    return (
        f"{source}: its worker process died twice, the second time with nothing beside it: killed for its "
        "memory, or a crash in a library; look with --jobs 0 --debug"
    )
