"""The weights that a training writes, and the card beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .. import __version__
from ..pipeline.errors import UnveilError
from ..pipeline.hashing import sha256, sha256_once

if TYPE_CHECKING:
    from .config import TrainConfig


def write_weights(
    network: nn.Module, path: Path, config: TrainConfig, counts: Mapping[str, int], facts: Mapping[str, Any]
) -> None:
    """Write a network as fp16 safetensors, and its card (JSON) beside it.

    Parameters
    ----------
    network, path
        What is written and where; the card has the suffix `.json`.
    config
        What it was trained with.
    counts
        Photographs trained on, by folder.
    facts
        `step`, `seconds`, `device` and `scores` of the moment.
    """
    save_weights(network.state_dict(), path)
    text = json.dumps(_card(network, path, config, counts, facts), indent=2, ensure_ascii=False)
    part = path.with_suffix(".part")
    part.write_text(text + "\n", "utf-8")
    part.replace(path.with_suffix(".json"))


def save_weights(state: Mapping[str, Tensor], path: Path) -> None:
    """Write a state dict as fp16 safetensors, whole or not at all.

    `UnveilError` where a weight is not finite or too large for fp16.
    """
    from safetensors.torch import save

    halves = {name: _half(tensor).contiguous().cpu().clone() for name, tensor in state.items()}
    for name, tensor in halves.items():
        if not bool(torch.isfinite(tensor).all()):
            raise UnveilError(f"{path}: not written: {name!r} has values that fp16 cannot hold")
    part = path.with_suffix(".part")
    part.write_bytes(save(halves))  # save_file's are for their owner alone
    part.replace(path)


def _card(
    network: nn.Module,
    path: Path,
    config: TrainConfig,
    counts: Mapping[str, int],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    from .trainee import Setting

    setting = Setting(config, torch.device("cpu"))
    return {
        "method": config.method,
        "variant": setting.variant,
        "source": f"trained by unveil {__version__}",
        "data": {
            "photographs": dict(counts),
            "excluded": len(config.exclude),
            "held_out": f"every {config.hold_out}th photograph, never trained on",
            "synthesis": setting.synthesis,
            **(
                {}
                if config.teacher is None
                else {"teacher": f"unveilnet, sha256 {sha256_once(config.teacher)}"}
            ),
            "never_trained_on": [folder.name for folder in config.pairs],
        },
        "training": {
            "step": facts["step"],
            "steps": config.last_step,
            "batch": config.batch,
            "size": config.size,
            "samples": facts["step"] * config.batch,
            "seconds": round(facts["seconds"]),
            "device": f"{facts['device']}, {config.precision}",
            "losses": dict(setting.weights),
            "parameters": sum(p.numel() for p in network.parameters()),
        },
        "scores": {name: round(value, 3) for name, value in facts["scores"].items()},
        "sha256": sha256(path),
    }


def _half(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor
