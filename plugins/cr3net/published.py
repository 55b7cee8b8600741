"""CR3Net's published checkpoint and test path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ...pipeline.errors import FrameError, RecipeError
from ..separation.checkpoints import tensors, without_prefix
from .network import MULTIPLE, Cr3Net


def convert(files: Mapping[Path, Mapping[str, Any]], variant: str) -> dict[str, Tensor]:
    """Return the state dict of `Cr3Net` from the authors' `*_net_G_T.pth`, a bare state dict.

    It lists the network's one shared slope 80 times; all stay, and the last of them is the one that counts.
    """
    if len(files) > 1:
        names = ", ".join(path.name for path in files)
        raise RecipeError(
            f"cr3net takes one file, *_net_G_T.pth (the discriminator is not needed); got {names}"
        )
    ((path, held),) = files.items()
    return without_prefix(tensors(path, held))


def reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Return everything that a recorded case may hold, before and after the published clamp to [0, 1].

    `FrameError` where the picture's sides are no multiples of 8, or the mosaic's planes are not half of it.
    """
    assert isinstance(network, Cr3Net)
    _check_sizes(inputs["I"], inputs["I_raw"])
    answer = network(inputs["I"], inputs["I_raw"])
    found: dict[str, Tensor] = {
        "R_rgb": answer.reflection,
        "T_rgb": answer.transmission,
        "R_raw": answer.reflection_raw,
        "T_raw": answer.transmission_raw,
    }
    return found | {f"{name}_final": array.clamp(0, 1) for name, array in found.items()}


def _check_sizes(display: Tensor, raw: Tensor) -> None:
    height, width = display.shape[-2:]
    rows, columns = raw.shape[-2:]
    if min(height, width) < MULTIPLE or height % MULTIPLE or width % MULTIPLE:
        raise FrameError(f"cr3net takes sides that are multiples of {MULTIPLE}, found {width} x {height}")
    if (2 * rows, 2 * columns) != (height, width):
        raise FrameError(
            f"cr3net takes a mosaic packed to {width // 2} x {height // 2} for this picture, "
            f"found {columns} x {rows}"
        )
