"""How much memory there is, and sizes as people write them."""

from __future__ import annotations

import re

from .cgroup import cgroup_memory
from .errors import RecipeError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(k|m|g|ki|mi|gi)?b?\s*", re.IGNORECASE)
LEAST = 2**26
"""Bytes that a limit must leave: below it not even a small network can look at a small picture."""


def parse_bytes(text: str) -> int:
    """Read a size such as `800MB`, `2GiB` or `1.5 G`.

    >>> parse_bytes("2 GiB")
    2147483648

    Raises
    ------
    RecipeError
        It is no size, or less than 64 MiB.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise RecipeError(f"{text!r} is no size of memory; write a number with a unit, e.g. 800MB or 2GiB")
    size = int(float(found[1]) * _UNITS[(found[2] or "").lower()])
    if size < LEAST:
        raise RecipeError(f"{text!r} is too little memory; allowed: at least {spell_bytes(LEAST)}")
    return size


def spell_bytes(size: int) -> str:
    """Return a size for people.

    >>> spell_bytes(2**31)
    '2 GiB'
    """
    for unit, name in ((2**30, "GiB"), (2**20, "MiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"


def share_of_memory(most: int | None, device: str, processes: int) -> int | None:
    """Return what each of several processes may take of the memory that networks may take in all."""
    if processes == 1 or (device == "cuda" and most is None):
        return most
    return (most or free_memory(device) // 2) // processes


def free_memory(device: str) -> int:
    """Return the bytes that are free on a torch device; for Apple's GPU, which shares it, those of the machine.

    Of the machine's memory a container or a job may have only a part: see `cgroup`.
    """
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    import psutil

    group = cgroup_memory()
    available = int(psutil.virtual_memory().available)
    return min(available, group[1]) if group else available
