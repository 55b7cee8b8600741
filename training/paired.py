"""Pairs to learn from, as random crops: the same part of all pictures of a pair."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from ..isp.tone.curves import decode_curve
from ..pipeline.errors import RecipeError
from .batch import Batch
from .pairs import Pair
from .photographs import SHORT_SIDE, draw_window, read_display

Layers = tuple[Tensor, ...]
"""Blended, transmission and perhaps reflection: (3, H, W) uint8 each."""


class PairedPictures:
    """All pairs of some folders in memory, or in that of the device, as random crops of one size."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        size: int,
        short_side: int = SHORT_SIDE,
        device: torch.device | None = None,
    ) -> None:
        self.size = size
        self.pairs = [tuple(x.to(device or "cpu") for x in _read(pair, short_side)) for pair in pairs]

    def crops(self, n: int, generator: Generator) -> Batch:
        """Draw crops of random pairs, places, scales and flips, which depend on the generator, on the CPU, alone.

        Returns
        -------
        Batch
            Linear light, sRGB primaries, (n, 3, size, size). Where a pair has no picture of its reflection, it is
            what the mixture has above the transmission.
        """
        which = torch.randint(len(self.pairs), (n,), generator=generator)
        cut = [self._cut(self.pairs[int(i)], generator) for i in which]
        blended, transmission, reflection = (torch.stack(layer) for layer in zip(*cut, strict=True))
        return Batch(blended=blended, transmission=transmission, reflection=reflection)

    def _cut(self, layers: Layers, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
        window = draw_window(layers[0], self.size, generator)
        blended, transmission, *rest = (decode_curve(window.cut(x, self.size), "srgb") for x in layers)
        return blended, transmission, rest[0] if rest else (blended - transmission).clamp(min=0)


def _read(pair: Pair, short_side: int) -> Layers:
    paths = [pair.blended, pair.transmission, *([pair.reflection] if pair.reflection else [])]
    layers = tuple(read_display(path, short_side) for path in paths)
    for path, layer in zip(paths[1:], layers[1:], strict=True):
        if layer.shape != layers[0].shape:
            raise RecipeError(
                f"{path}: is {_size(layer)} when its short side is at most {short_side}, but {pair.blended} is "
                f"{_size(layers[0])}; the pictures of a pair must have one size"
            )
    return layers


def _size(picture: Tensor) -> str:
    return f"{picture.shape[-1]} x {picture.shape[-2]}"
