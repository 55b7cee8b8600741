"""Show a method a picture of any size within the memory there is: whole, in tiles, and on the CPU if it must be."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from ctypes import CDLL
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.memory import free_memory
from ...pipeline.method import Layers, Method, MethodSpec
from .tiles import in_tiles

SMALLEST = 128
"""Side of the smallest tile, beyond what neighbours share, before other ways to save memory are taken."""
RAMP = 32
"""Pixels over which neighbouring tiles are faded into each other, where both have all that they depend on in view."""
SHARE = 0.5
"""Of the free memory that a look may take; the frame's own pictures need the rest."""
BATCH = 8
"""Tiles shown at once on a GPU; on a CPU one tile keeps all cores busy."""
_NAMES = ("transmission", "reflection", "confidence", "mosaic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to show a picture."""

    side: int
    """Of the tiles, pixels; 0: whole."""
    batch: int
    device: str

    def __str__(self) -> str:
        tiles = f"tiles of {self.side} pixels" if self.side else "the whole picture"
        several = f", {self.batch} at a time" if self.side and self.batch > 1 else ""
        return f"{tiles}{several} on {self.device}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Where a method computes, and what is done when the memory there is too little."""

    device: str = "cpu"
    limit: int | None = None
    """Bytes that a look may take; None: half of what is free when it begins."""
    build: Callable[[str], Method] | None = None
    """Device to the same method there, so that the CPU is a way out; None: there is none."""


@dataclass(slots=True, kw_only=True)
class Looker:
    """A method and the means to show it pictures that are too large for the memory."""

    spec: MethodSpec
    method: Method
    memory: Memory = Memory()
    room: int | None = None
    """Bytes that a look on a CPU may take where nothing else limits it."""
    notes: list[str] = field(default_factory=list)
    """What had to be done in the looks so far, for the trail."""
    _elsewhere: dict[str, Method] = field(default_factory=dict)

    def __call__(self, proxy: Tensor) -> Layers:
        """Show the method a picture, (1, C, H, W) float32, sides multiples of `MethodSpec.multiple`; see `through`."""
        given: list[tuple[str, int]] = []

        def see(method: Method, part: Tensor) -> Tensor:
            layers = method(part)
            made = [(name, layer) for name in _NAMES if (layer := getattr(layers, name)) is not None]
            given[:] = [(name, layer.shape[1]) for name, layer in made]
            return torch.cat([layer.float().to(proxy.device) for _, layer in made], 1)

        return _layers(self.through(see, proxy), given)

    @torch.inference_mode()
    def through(self, see: Callable[[Method, Tensor], Tensor], proxy: Tensor) -> Tensor:
        """Show the method a picture through a function; what had to be done for it is added to `notes`.

        Parameters
        ----------
        see
            The method, and the picture or a part of it (N, C, h, w), to (N, D, h, w) on the same device. Parts have
            sides that are multiples of `MethodSpec.multiple`; the picture as a whole is shown as it is.
        proxy : (1, C, H, W) float32

        Raises
        ------
        FrameError
            Every attempt ran out of memory.
        """
        attempts = list(self.attempts(proxy.shape[-2], proxy.shape[-1]))
        for number, attempt in enumerate(attempts):
            try:
                answer, tiles = self._try(see, proxy, attempt)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                if number + 1 == len(attempts):
                    break
                self.notes.append(f"out of memory with {attempt}: went on with {attempts[number + 1]}")
                _forget()
                continue
            if tiles > 1:
                self.notes.append(f"seen in {tiles} tiles: {attempt}")
            return answer
        raise FrameError(
            f"the method {self.spec.name!r} runs out of memory even with {attempts[-1]}; "
            "give a smaller `scale`, or a machine with more memory"
        )

    def attempts(self, height: int, width: int) -> Iterator[Attempt]:
        """Yield the ways to show a picture of that size: the largest tiles that fit, then smaller ones, then fewer at
        once, then the CPU. A method that needs the whole picture gets it whole everywhere.
        """
        whole = max(height, width)
        devices = (self.memory.device, "cpu") if self.memory.build else (self.memory.device,)
        for device in dict.fromkeys(devices):
            if self.spec.global_statistics:
                yield Attempt(side=0, batch=1, device=device)
                continue
            sides = list(self._sides(whole, self._largest(height, width, device)))
            batch = BATCH if device != "cpu" else 1
            yield from (Attempt(side=side, batch=batch, device=device) for side in sides)
            if batch > 1 and sides[-1]:
                yield Attempt(side=sides[-1], batch=1, device=device)

    def _largest(self, height: int, width: int, device: str) -> int:
        """Return the side of the largest tile that fits, or 0 where the whole picture does."""
        limit = self.memory.limit
        free = limit if limit is not None else int(SHARE * free_memory(device))
        if limit is None and device == "cpu" and self.room is not None:
            free = min(free, self.room)
        pixels = free // self.spec.memory
        return 0 if pixels >= height * width else math.isqrt(max(1, pixels))

    def _sides(self, whole: int, largest: int) -> Iterator[int]:
        """Yield tile sides, from the largest down by halves; 0 stands for the whole picture."""
        step, smallest = self._step(), SMALLEST + RAMP + 2 * self.spec.reach
        if largest == 0:
            yield 0
            largest = whole // 2
        side = max(largest, smallest)
        while True:
            yield max(step, side // step * step)
            if side <= smallest:
                return
            side = max(side // 2, smallest)

    def _step(self) -> int:
        return math.lcm(self.spec.multiple, 2)

    def _try(
        self, see: Callable[[Method, Tensor], Tensor], shown: Tensor, attempt: Attempt
    ) -> tuple[Tensor, int]:
        method = self._method(attempt.device)

        def look(part: Tensor) -> Tensor:
            answer = see(method, part)
            if attempt.side and attempt.device == "cpu":
                _trim()
            return answer

        return in_tiles(
            look,
            shown,
            attempt.side,
            overlap=2 * self.spec.reach + RAMP,
            margin=self.spec.reach,
            step=self._step(),
            batch=attempt.batch,
        )

    def _method(self, device: str) -> Method:
        if device == self.memory.device or self.memory.build is None:
            return self.method
        if device not in self._elsewhere:
            self._elsewhere[device] = self.memory.build(device)
        return self._elsewhere[device]


def _layers(stacked: Tensor, given: Sequence[tuple[str, int]]) -> Layers:
    parts = torch.split(stacked, [channels for _, channels in given], 1)
    return Layers(**{name: part for (name, _), part in zip(given, parts, strict=True)})


def out_of_memory(error: Exception) -> bool:
    """Return whether an error says that memory ran out, on any device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(
        sign in str(error).lower() for sign in ("can't allocate memory", "not enough memory", "out of memory")
    )


def _forget() -> None:
    """Give freed memory back to the device."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _trim() -> None:
    """Give back to the system what glibc would keep of a tile's memory, which is a good part of it."""
    if trim := getattr(CDLL(None) if os.name == "posix" else None, "malloc_trim", None):
        trim(0)
