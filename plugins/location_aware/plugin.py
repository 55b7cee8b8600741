"""Location-aware SIRR as a plugin. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import Domain, Method, MethodSpec
from ...pipeline.network import NetworkSpec
from ..separation.parameters import SMALL_FIT, FullOrSmall

if TYPE_CHECKING:
    from torch import Tensor, nn

NAME = "location_aware"
SUMMARY = "location-aware removal, with a map of where the reflection is (Dong et al., ICCV 2021)"
FIT = 512
OWN = {"small": Path(__file__).parent / "weights" / "small.safetensors"}


class LocationAwareParameters(FullOrSmall):
    """Parameters of `location_aware`."""

    iterations: Annotated[int, Field(ge=1, le=10)] = Field(
        3, description="how often the layers are refined; the authors' weights were trained for 3"
    )


def _found(parameters: LocationAwareParameters) -> tuple[str, Path]:
    from ..separation.store import find_variant

    return find_variant(NAME, parameters.variants, OWN)


def _fit(parameters: LocationAwareParameters) -> int:
    return SMALL_FIT if _found(parameters)[0] == "small" else FIT


def _build(parameters: LocationAwareParameters, device: str) -> Method:
    from .method import LocationAwareMethod

    return LocationAwareMethod.load(*_found(parameters), device, parameters)


def _network(variant: str) -> nn.Module:
    from .network import make_network

    return make_network(variant)


def _convert(held: Mapping[Path, Mapping[str, Any]], variant: str) -> Mapping[str, Tensor]:
    from .release import convert

    return convert(held)


def _reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> Mapping[str, Tensor]:
    from .release import reference

    return reference(network, inputs, hyper)


@hookimpl
def unveil_methods() -> Iterable[MethodSpec]:
    """Offer `location_aware`."""
    yield MethodSpec(
        name=NAME,
        summary=SUMMARY,
        domain=Domain.DISPLAY,
        multiple=8,
        global_statistics=True,
        fit=FIT,
        fits=_fit,
        gives=("transmission", "reflection", "confidence"),
        cost=403,
        parameters=LocationAwareParameters,
        build=_build,
        loads=lambda parameters: _found(parameters)[1:],
        weights=tuple(path for path in OWN.values() if path.is_file()),
    )


@hookimpl
def unveil_networks() -> Iterable[NetworkSpec]:
    """Offer the network of `location_aware`."""
    yield NetworkSpec(
        name=NAME,
        summary=SUMMARY,
        network=_network,
        convert=_convert,
        reference=_reference,
        inputs=("I",),
        variants=("", *OWN),
        own=OWN,
        parts={"LRM": ""},
    )
