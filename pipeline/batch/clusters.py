"""A cluster of this machine's own processes, and a way into one that is there already."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster
from distributed.system import MEMORY_LIMIT
from tornado.ioloop import IOLoop

from ..console import say
from ..errors import EnvironmentFailure
from .interrupts import interrupts_ignored, loop_deaf_to_interrupts
from .places import Places

BRIEF = {
    "distributed.diagnostics.computations.max-history": 1,
    "distributed.admin.low-level-log-length": 100,
}
"""What dask remembers of tasks that are done, for people who look into it: nothing that grows through a night."""
UNWATCHED = {"distributed.worker.profile.enabled": False}
"""dask looks every 10 ms where each worker is, for a page of its dashboard; frames pay for that."""
NEVER_PAUSE = {f"distributed.worker.memory.{what}": False for what in ("target", "spill", "pause")}
"""What a worker keeps between frames must not make it wait for memory: it would wait for ever."""
PATIENCE = 30.0
"""Seconds that a scheduler and its first worker may take to answer."""


@contextmanager
def connected(places: Places) -> Iterator[Client]:
    """Give a client of the cluster that `places` names; `EnvironmentFailure` where it cannot be had."""
    with _elsewhere(places.scheduler) if places.scheduler else _here(places) as client:
        yield client


@contextmanager
def _here(places: Places) -> Iterator[Client]:
    """Start workers in a scratch folder of their own, and end them whatever happens."""
    with ExitStack() as stack:
        scratch = tempfile.TemporaryDirectory(prefix="unveil-", ignore_cleanup_errors=True)
        # The first death of a worker is reported at once: the second try is ours (see `Stream.second_try`).
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0, **BRIEF}))
        stack.enter_context(dask.config.set({**NEVER_PAUSE, **UNWATCHED, **_environment(places)}))
        loop = stack.enter_context(loop_deaf_to_interrupts())
        cluster = stack.enter_context(_started(places, stack.enter_context(scratch), loop))
        if places.dashboard:
            host = places.dashboard.rpartition(":")[0]
            say(f"dashboard: http://{host}:{cluster.scheduler.http_server.port}/status")
        client = stack.enter_context(Client(cluster, set_as_default=False))
        try:
            yield client
        finally:
            with interrupts_ignored():
                stack.close()


def _environment(places: Places) -> dict[str, Any]:
    """Return the part of dask's configuration that says what is in the environment of the workers."""
    threads = max(1, int(CPU_COUNT) // places.frames)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    # dask has the C library give back every 64 KiB that are free; they are needed again at once, and asking the system
    # for them took longer than demosaicing a small frame.
    chosen = {"MALLOC_TRIM_THRESHOLD_": None, **dict.fromkeys(names, threads)}
    return {f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in chosen.items()}


def _started(places: Places, folder: str, loop: IOLoop) -> LocalCluster:
    """Start the workers; `EnvironmentFailure` where the machine does not let them."""
    try:
        return LocalCluster(
            n_workers=places.processes,
            threads_per_worker=places.threads,
            processes=True,
            resources=dict(places.resources) or None,
            memory_limit=_share(places),
            host="127.0.0.1",
            dashboard_address=places.dashboard or None,
            # dask has an HTTP server all the same, and says so where another run has its usual port.
            scheduler_kwargs={} if places.dashboard else {"dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,
            local_directory=folder,
            loop=loop,
        )
    except (OSError, RuntimeError) as error:
        raise EnvironmentFailure(
            f"worker processes cannot be started ({type(error).__name__}: {error}); use --jobs 0"
        ) from error


def _share(places: Places) -> int:
    """Return the bytes of a worker; one that takes more is ended, and its frame tried again alone: see `lift`."""
    return (places.memory or int(MEMORY_LIMIT)) // places.processes


def lift(client: Client, places: Places) -> None:
    """Let each worker of this machine take all the memory that is there: one of them works alone from now on."""
    for nanny in client.cluster.workers.values() if isinstance(client.cluster, LocalCluster) else ():
        nanny.memory_manager.memory_limit = places.memory or int(MEMORY_LIMIT)


@contextmanager
def _elsewhere(address: str) -> Iterator[Client]:
    """Join a cluster; what is being made there goes on when this process leaves."""
    quick = {"distributed.comm.timeouts.connect": "5s", "distributed.client.scheduler-info-interval": "2s"}
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(quick))
        loop = stack.enter_context(loop_deaf_to_interrupts())
        try:
            client = Client(address, set_as_default=False, timeout=PATIENCE, loop=loop)
        except (OSError, ValueError, TimeoutError) as error:
            raise EnvironmentFailure(
                f"no dask scheduler answers at {address} ({type(error).__name__}); start one, or leave out --scheduler"
            ) from error
        stack.enter_context(client)
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise EnvironmentFailure(
                f"the dask scheduler at {address} has no workers; start some first"
            ) from error
        yield client
