"""What the authors' release does: its weight files, its test path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from ...pipeline.errors import RecipeError
from ..separation.checkpoints import tensors
from ..separation.recording import recorded
from .network import ITERATIONS, Answer, Ibcln

PARTS = ("G_T", "G_R")
"""The two generators, as the release calls them in the names of its files."""


def convert(held: Mapping[Path, Mapping[str, Any]]) -> dict[str, Tensor]:
    """Join `<epoch>_net_G_T.pth` and `<epoch>_net_G_R.pth`, two plain state dicts, to one of `Ibcln`.

    Raises
    ------
    RecipeError
        The files are not one of each, by their names; what they hold does not tell them apart.
    """
    files = {_part(path): path for path in held}
    if len(files) < len(held) or len(files) < len(PARTS):
        names = ", ".join(path.name for path in held)
        raise RecipeError(f"ibcln takes one file of G_T and one of G_R, got {names}")
    return {
        f"{part}.{key}": tensor
        for part in PARTS
        for key, tensor in tensors(files[part], held[files[part]]).items()
    }


def _part(path: Path) -> str:
    found = [part for part in PARTS if part in path.name]
    if len(found) != 1:
        raise RecipeError(
            f"{path}: the file's name does not say whether it is of G_T (transmission) or G_R (reflection); "
            "name it as the authors do, e.g. final_net_G_T.pth"
        )
    return found[0]


def reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Run the published test path in evaluation mode on `I` and return every value of its cascade by name."""
    ibcln = cast(Ibcln, network)
    iterations = int(hyper.get("iterations", ITERATIONS))
    low, high = hyper.get("final_clamp", (0, 1))
    found: dict[str, Tensor] = {}
    last: dict[str, Answer] = {}
    with recorded(ibcln.G_T.output[0]) as t_heads, recorded(ibcln.G_R.output[0]) as r_heads:
        for k, answers in enumerate(ibcln.cascade(inputs["I"], iterations), 1):
            last = dict(zip("TR", answers, strict=True))
            for name, answer in last.items():
                found[f"{name}{k}"] = answer.image
                found[f"{name}{k}_half"], found[f"{name}{k}_quarter"] = answer.half, answer.quarter
    for (name, answer), heads in zip(last.items(), (t_heads, r_heads), strict=True):
        found[f"{name}{iterations}_h_every16"] = answer.state.hidden[:, ::16]
        found[f"{name}{iterations}_c_every16"] = answer.state.cell[:, ::16]
        found[f"{name}{iterations}_prerelu"] = heads[-1]
        found[f"{name}_final"] = torch.clamp(answer.image, low, high)
    return found
