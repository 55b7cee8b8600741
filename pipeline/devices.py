"""Names of devices: what the user asks for, to what torch has."""

from __future__ import annotations

import re

from .errors import EnvironmentFailure, RecipeError
from .suggest import did_you_mean

DEVICES = ("auto", "cpu", "cuda", "mps")
"""What `--device` takes; `cuda:1` names one of several."""
_CUDA = re.compile(r"cuda(:(\d{1,3}))?")


def resolve_device(asked: str) -> str:
    """Return the torch device to work on, e.g. `cpu` or `cuda:1`.

    `auto` is CUDA, else Apple's MPS, else the CPU. `cpu` is answered without importing torch.

    Raises
    ------
    RecipeError
        `asked` is not the name of a device.
    EnvironmentFailure
        This machine does not have it.
    """
    if asked == "cpu":
        return asked
    cuda = _CUDA.fullmatch(asked)
    if asked not in DEVICES and cuda is None:
        guess = did_you_mean(asked, DEVICES) or ";"
        raise RecipeError(f"device {asked!r} is unknown{guess} allowed: auto, cpu, cuda, cuda:N or mps")
    if asked == "auto":
        return "cuda" if _cuda_count() else "mps" if _has_mps() else "cpu"
    if cuda is not None:
        _need_cuda(asked, int(cuda[2] or 0))
    elif not _has_mps():
        raise EnvironmentFailure("device 'mps' was asked for, but torch finds no Apple GPU; use cpu or auto")
    return asked


def cuda_devices() -> tuple[str, ...]:
    """Return the names of all CUDA devices of this machine."""
    return tuple(f"cuda:{index}" for index in range(_cuda_count()))


def _cuda_count() -> int:
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def _has_mps() -> bool:
    import torch

    return torch.backends.mps.is_available()


def _need_cuda(asked: str, index: int) -> None:
    import torch

    count = _cuda_count()
    if index < count:
        return
    build = "" if torch.version.cuda else f" (torch {torch.__version__} is built without CUDA)"
    plural = "s" if count > 1 else ""
    there = f"finds {count} CUDA device{plural}" if count else f"finds no CUDA device{build}"
    raise EnvironmentFailure(f"device {asked!r} was asked for, but torch {there}; use cpu or auto")
