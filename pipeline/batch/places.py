"""Where frames are made: how many processes, with how many threads, on which devices; or a cluster elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dask.system import CPU_COUNT
from distributed.system import MEMORY_LIMIT

from ..devices import cuda_devices

MEMORY_PER_JOB = 3 * 2**30
"""Bytes that a frame may need: one of 50 megapixels in float32 with three layers is 2.4 GB."""
AT_ONCE_ON_GPU = 3
"""Frames that share a GPU and the model on it: one is read, one computed, one written."""
GPU = "GPU"
"""Name of the dask resource by which a worker declares its GPU; dask's manual and dask-cuda's use the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Worker processes of this machine, or a cluster."""

    processes: int = 1
    threads: int = 1
    """Frames that a process makes at once, with one model: what is neither reading nor writing is done in turns."""
    devices: tuple[str, ...] = ("cpu",)
    """Torch devices, given out to the processes in turns."""
    scheduler: str = ""
    """Address of a dask scheduler whose workers are used; empty: processes of this machine."""
    dashboard: str = ""
    """Where the scheduler of this machine's workers shows dask's dashboard, `HOST:PORT`; empty: nowhere."""
    on_gpu: bool = False
    """Whether frames go to workers that declare a GPU, where there are such."""

    @property
    def frames(self) -> int:
        """Frames that are made at once on this machine."""
        return self.processes * self.threads

    @property
    def resources(self) -> Mapping[str, float]:
        """What each worker of this machine declares."""
        return {} if self.devices == ("cpu",) else {GPU: 1.0}


def default_places(frames: int, device: str, jobs: int | None = None) -> Places:
    """Return what suits this machine.

    Parameters
    ----------
    frames
        Frames of the run.
    device
        As `devices.resolve_device` gives it. `cuda` stands for all GPUs, `cuda:1` for that one.
    jobs
        Worker processes that were asked for. None: on a CPU one for each core, 3 GiB of memory and frame; else one for
        each GPU.
    """
    room = max(1, min(int(CPU_COUNT), int(MEMORY_LIMIT) // MEMORY_PER_JOB))
    devices = cuda_devices() if device == "cuda" else (device,)
    if device == "cpu":
        return Places(processes=max(1, min(jobs or room, frames)), devices=devices)
    processes = max(1, min(jobs or len(devices), frames))
    threads = max(1, min(AT_ONCE_ON_GPU, room // processes))
    return Places(processes=processes, threads=threads, devices=devices)
