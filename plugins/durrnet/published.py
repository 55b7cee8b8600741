"""DURRNet's published checkpoints and test path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...pipeline.errors import EnvironmentFailure, FrameError, RecipeError
from ..separation.checkpoints import tensors, unwrap, without_prefix
from .hypercolumn import Vgg19
from .network import SMALLEST, DurrNet


def convert(files: Mapping[Path, Mapping[str, Any]], variant: str) -> dict[str, Tensor]:
    """Return the state dict of `DurrNet` from the authors' checkpoint and, for hyper, torchvision's VGG19.

    The checkpoint of the training script holds the net under `icnn`, beside the optimiser's state. VGG19 is told by
    its keys (`features.0.weight`, ...); layers past relu5_1 are left out.
    """
    state: dict[str, Tensor] = {}
    for path, held in files.items():
        part, found = _one(path, held)
        if any(key.startswith(f"{part}.") for key in state):
            raise RecipeError(f"{path}: holds {_WHAT[part]}, and so does another of the files")
        state |= {f"{part}.{key}": tensor for key, tensor in found.items()}
    for part in ("net", "vgg") if variant == "hyper" else ("net",):
        if not any(key.startswith(f"{part}.") for key in state):
            names = ", ".join(str(path) for path in files)
            raise RecipeError(f"{names}: durrnet {variant} also needs {_WHAT[part]}; name that file too")
    return state


_WHAT = {"net": "DURRNet's checkpoint", "vgg": "torchvision's VGG19 (vgg19-dcbb9e9d.pth)"}


def _one(path: Path, held: Mapping[str, Any]) -> tuple[str, dict[str, Tensor]]:
    """Return which part a file holds, and its state dict."""
    if "features.0.weight" in held:
        wanted = Vgg19().state_dict()
        state = tensors(path, held)
        return "vgg", {key: state[key] for key in wanted if key in state}
    if "netD" in held and "icnn" not in held:
        raise EnvironmentFailure(f"{path}: holds a discriminator, but no 'icnn' (the net that separates)")
    return "net", without_prefix(tensors(path, unwrap(path, held, "icnn")))


def reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Return everything that a recorded case may hold, before and after the published clamp to [0, 1].

    `FrameError` where a side is below 16: nothing would be left at the coarsest scale.
    """
    assert isinstance(network, DurrNet)
    image, found = inputs["input"], dict[str, Tensor]()
    height, width = image.shape[-2:]
    if min(height, width) < SMALLEST:
        raise FrameError(f"durrnet takes sides of {SMALLEST} pixels at least, found {width} x {height}")
    taps = network.vgg(image) if network.vgg is not None else ()
    if taps:
        found["vgg_channel_mean"] = torch.cat([tap.mean((0, 2, 3)) for tap in taps])
        found["vgg_channel_std"] = torch.cat([tap.std((0, 2, 3), correction=0) for tap in taps])
    answer, steps = network.net.trace(image, taps)
    for number, (transmission, reflection) in enumerate(steps):
        found |= {f"block{number}_T": transmission, f"block{number}_R": reflection}
    found |= {"T": answer.transmission, "R": answer.reflection}
    found |= {f"{name}_final": found[name].clamp(0, 1) for name in ("T", "R")}
    return found | {"T_code": answer.transmission_code, "R_code": answer.reflection_code}
