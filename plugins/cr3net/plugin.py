"""`cr3net` as a plugin: the published network and its weights. Imports no torch.

It is no method of `separate`: it takes the mosaic and the display picture together, and a method is shown one proxy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...pipeline.hookspecs import hookimpl
from ...pipeline.network import NetworkSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

OWN = {"small": Path(__file__).parent / "weights" / "small.safetensors"}


def _network(variant: str) -> nn.Module:
    from .network import make_network

    return make_network(variant)


def _convert(files: Mapping[Path, Mapping[str, Any]], variant: str) -> Mapping[str, Tensor]:
    from .published import convert

    return convert(files, variant)


def _reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> Mapping[str, Tensor]:
    from .published import reference

    return reference(network, inputs, hyper)


@hookimpl
def unveil_networks() -> Iterable[NetworkSpec]:
    """Offer the published network of `cr3net`."""
    yield NetworkSpec(
        name="cr3net",
        summary="CR3Net: RAW mosaic and display picture together (Song et al., TCSVT 2023)",
        network=_network,
        convert=_convert,
        reference=_reference,
        inputs=("I", "I_raw"),
        variants=("", *OWN),
        own=OWN,
        parts={"G_T": ""},
    )
