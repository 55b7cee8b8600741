"""What the authors' release does: its weight file, its test path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from ...pipeline.errors import RecipeError
from ..separation.checkpoints import tensors
from ..separation.recording import recorded
from .network import ITERATIONS, Answer, LocationAware


def convert(held: Mapping[Path, Mapping[str, Any]]) -> dict[str, Tensor]:
    """Return the state dict of `model.pth`, which is plain; `RecipeError` where more than one file is given."""
    if len(held) != 1:
        names = ", ".join(path.name for path in held)
        raise RecipeError(f"location_aware takes one file, got {names}")
    ((path, state),) = held.items()
    return tensors(path, state)


def reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Run the published test path on `I` and return every value of its cascade by name."""
    net = cast(LocationAware, network)
    iterations = int(hyper.get("iterations", ITERATIONS))
    low, high = hyper.get("final_clamp", (0, 1))
    found: dict[str, Tensor] = {}
    with recorded(net.output[0]) as t_heads, recorded(net.det_conv_mask1[2]) as r_heads:
        for k, answer in enumerate(net.cascade(inputs["I"], iterations), 1):
            found |= _values(k, answer)
            if k == iterations:
                found[f"h{k}_every16"] = answer.state.hidden[:, ::16]
                found[f"c{k}_every16"] = answer.state.cell[:, ::16]
                found["rcmap_final"] = answer.confidence
    for name, heads in (("T", t_heads), ("R", r_heads)):
        found[f"{name}{iterations}_prerelu"] = heads[-1]
        found[f"{name}_final"] = torch.clamp(found[f"{name}{iterations}"], low, high)
    return found


def _values(k: int, answer: Answer) -> dict[str, Tensor]:
    return {
        f"T{k}": answer.transmission,
        f"R{k}": answer.reflection,
        f"rcmap{k}": answer.confidence,
        f"T{k}_half": answer.half,
        f"T{k}_quarter": answer.quarter,
    }
