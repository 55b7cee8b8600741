"""Looking at what a layer inside a network gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def recorded(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Collect a copy of what `layer` gives at each call, as long as the block lasts."""
    given: list[Tensor] = []

    def keep(_layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        given.append(output.detach().clone())

    handle = layer.register_forward_hook(keep)
    try:
        yield given
    finally:
        handle.remove()
