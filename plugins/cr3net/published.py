"""CR3Net's published checkpoint and test path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ...pipeline.errors import RecipeError
from ..separation.checkpoints import tensors, without_prefix
from .network import Cr3Net


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
    """Return everything that a recorded case may hold, before and after the published clamp to [0, 1]."""
    assert isinstance(network, Cr3Net)
    answer = network(inputs["I"], inputs["I_raw"])
    found: dict[str, Tensor] = {
        "R_rgb": answer.reflection,
        "T_rgb": answer.transmission,
        "R_raw": answer.reflection_raw,
        "T_raw": answer.transmission_raw,
    }
    return found | {f"{name}_final": array.clamp(0, 1) for name, array in found.items()}
