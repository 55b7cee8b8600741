"""DGUNet as its authors run it: their checkpoints, their test path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...pipeline.errors import RecipeError
from ..separation.checkpoints import tensors, unwrap, without_prefix
from .network import MULTIPLE


def convert(held: Mapping[Path, Mapping[str, Any]], variant: str) -> dict[str, Tensor]:
    """Turn the authors' one file (`epoch`, `state_dict`, `optimizer`; perhaps `module.` before keys) into ours."""
    if len(held) != 1:
        raise RecipeError(f"dgunet takes 1 file, got {len(held)}")
    ((path, content),) = held.items()
    return without_prefix(tensors(path, unwrap(path, content, "state_dict")))


def restore(network: nn.Module, measured: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
    """Restore (N, 3, H, W) pictures of any size as the authors do.

    Returns
    -------
    padded : (N, 3, H', W')
        What the network saw: reflected at right and bottom to multiples of 8 (repeated, where a side is too
        small to be reflected), and more than one cell of 8 x 8 pixels.
    images : list of seven (N, 3, H', W')
        The estimates, the last stage first.
    result : (N, 3, H, W)
        The first of them, clamped to [0, 1] and cropped.
    """
    height, width = measured.shape[-2:]
    padded = pad(measured)
    images: list[Tensor] = network(padded)
    return padded, images, images[0].clamp(0, 1)[..., :height, :width]


def pad(pictures: Tensor) -> Tensor:
    """Pad right and bottom to a size that the network takes."""
    height, width = pictures.shape[-2:]
    right, bottom = -width % MULTIPLE, -height % MULTIPLE
    if height + bottom == width + right == MULTIPLE:
        right += MULTIPLE  # instance norm needs more than one value at 1/8
    mirrored = right < width and bottom < height
    return F.pad(pictures, (0, right, 0, bottom), mode="reflect" if mirrored else "replicate")


def reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> Mapping[str, Tensor]:
    """Return every output of a recorded case."""
    padded, images, result = restore(network, inputs["input"])
    stages = {f"stage{len(images) - i}": image for i, image in enumerate(images)}
    return {"network_input": padded, **stages, "result": result}
