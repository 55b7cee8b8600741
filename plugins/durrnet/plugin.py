"""`durrnet` as a plugin. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import Domain, Method, MethodSpec
from ...pipeline.network import NetworkSpec
from ...pipeline.stage import Parameters

if TYPE_CHECKING:
    from torch import Tensor, nn

_SUMMARY = "DURRNet: deep unfolding with an exclusion prior (Huang et al., ICASSP 2024)"


class DurrNetParameters(Parameters):
    """Parameters of `durrnet`."""

    variant: Literal["hyper", "plain"] = Field(
        "hyper",
        description="hyper: the published one, sees deep features (VGG19) too; plain: the picture only",
    )


def _build(parameters: DurrNetParameters, device: str) -> Method:
    from .method import DurrNetMethod

    return DurrNetMethod.load(parameters.variant, device)


@hookimpl
def unveil_methods() -> Iterable[MethodSpec]:
    """Offer `durrnet`."""
    yield MethodSpec(
        name="durrnet",
        summary=_SUMMARY,
        domain=Domain.DISPLAY,
        multiple=16,
        global_statistics=True,
        fit=512,
        gives=("transmission", "reflection"),
        cost=1.0,
        parameters=DurrNetParameters,
        build=_build,
    )


def _network(variant: str) -> nn.Module:
    from .network import DurrNet

    return DurrNet(variant == "hyper")


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
    """Offer the published networks of `durrnet`."""
    yield NetworkSpec(
        name="durrnet",
        summary=_SUMMARY,
        network=_network,
        convert=_convert,
        reference=_reference,
        inputs=("input",),
        variants=("hyper", "plain"),
        parts={"net": "net", "vgg19_features": "vgg"},
    )
