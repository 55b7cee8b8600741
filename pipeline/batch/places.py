"""Where frames are made: how many processes, with how many threads, on which devices; or a cluster elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dask.system import CPU_COUNT
from distributed.system import MEMORY_LIMIT

from ..console import say
from ..devices import cuda_devices
from ..memory import free_memory, spell_bytes
from .needs import UNKNOWN, bytes_for

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
    memory: int = 0
    """Bytes that all processes of this machine may take together; 0: all that it has."""
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


def default_places(
    frames: int, device: str, jobs: int | None = None, need: int = bytes_for(UNKNOWN)
) -> Places:
    """Return what suits this machine.

    Parameters
    ----------
    frames
        Frames of the run.
    device
        As `devices.resolve_device` gives it. `cuda` stands for all GPUs, `cuda:1` for that one.
    jobs
        Worker processes that were asked for. None: on a CPU one for each core and frame, as the free memory allows;
        else one for each GPU.
    need
        Bytes that a frame needs, with the process that makes it: see `needs.frame_bytes`.
    """
    memory = min(int(MEMORY_LIMIT), free_memory("cpu"))
    room = max(1, min(int(CPU_COUNT), memory // need))
    devices = cuda_devices() if device == "cuda" else (device,)
    if device == "cpu":
        return Places(processes=max(1, min(jobs or room, frames)), devices=devices, memory=memory)
    processes = max(1, min(jobs or len(devices), frames))
    threads = max(1, min(AT_ONCE_ON_GPU, room // processes))
    return Places(processes=processes, threads=threads, devices=devices, memory=memory)


def say_if_tight(places: Places, need: int) -> None:
    """Say where more frames at once were asked for than fit into the memory, at `need` bytes each."""
    if places.frames > 1 and places.frames * need > places.memory:
        say(
            f"{places.frames} frames at once may need {spell_bytes(places.frames * need)} of memory, and "
            f"{spell_bytes(places.memory)} are free; fewer --jobs are safer"
        )
