"""Who works on a cluster: how much is handed out at once, and whether frames ask for a GPU."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from distributed import Client

from .places import GPU, Places

LOOK_AGAIN = 5.0
"""Seconds between looks at which workers a cluster elsewhere has."""
SHARE = 0.25
"""Of a worker's GPU, for a frame: with up to four on it, one is read while another is computed and a third written. No
more than a worker's threads are begun. A power of two: shares that are taken and given back add up exactly."""


class Crew:
    """The workers of a cluster; elsewhere they may come and go."""

    def __init__(self, client: Client, places: Places) -> None:
        self._client = client
        self._places = places
        self._looked = -math.inf
        self._threads = 1
        self._ask: dict[str, float] = {}

    def window(self) -> int:
        """Return how many groups of frames may be handed out: as many as suitable workers have threads."""
        if not self._places.scheduler:
            return self._places.frames
        self._look()
        return self._threads

    def resources(self) -> Mapping[str, float]:
        """Return the resources that a frame asks for: a share of a GPU where it needs one and workers declare some."""
        self._look()
        return self._ask

    def _look(self) -> None:
        if monotonic() - self._looked <= LOOK_AGAIN or not (self._places.scheduler or self._places.on_gpu):
            return
        with suppress(Exception):  # a scheduler that is gone is found out by what was handed out
            workers = self._client.sync(self._client.scheduler.identity)["workers"].values()
            fit = [worker for worker in workers if has_gpu(worker["resources"])]
            self._ask = {GPU: SHARE} if fit and self._places.on_gpu else {}
            self._threads = max(1, sum(int(worker["nthreads"]) for worker in (fit if self._ask else workers)))
        self._looked = monotonic()


def has_gpu(resources: Mapping[str, Any]) -> bool:
    """Return whether a worker with these resources takes frames that ask for a GPU."""
    return float(resources.get(GPU, 0)) >= SHARE
