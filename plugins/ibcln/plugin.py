"""IBCLN as a plugin. Imports no torch."""

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

NAME = "ibcln"
SUMMARY = "IBCLN, cascaded refinement with convolutional LSTM (Li et al., CVPR 2020)"
FIT = 512
OWN = {"small": Path(__file__).parent / "weights" / "small.safetensors"}


class IbclnParameters(FullOrSmall):
    """Parameters of `ibcln`."""

    iterations: Annotated[int, Field(ge=1, le=10)] = Field(
        3, description="how often both layers are refined; the authors' weights were trained for 3"
    )
    reflection: bool = Field(
        True,
        description="let the network give the reflection too; false leaves out its last step, and the reflection is "
        "the picture less the transmission",
    )


def _found(parameters: IbclnParameters) -> tuple[str, Path]:
    from ..separation.store import find_variant

    return find_variant(NAME, parameters.variants, OWN)


def _fit(parameters: IbclnParameters) -> int:
    return SMALL_FIT if _found(parameters)[0] == "small" else FIT


def _build(parameters: IbclnParameters, device: str) -> Method:
    from .method import IbclnMethod

    return IbclnMethod.load(*_found(parameters), device, parameters)


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
    """Offer `ibcln`."""
    yield MethodSpec(
        name=NAME,
        summary=SUMMARY,
        domain=Domain.DISPLAY,
        multiple=4,
        global_statistics=False,
        fit=FIT,
        fits=_fit,
        gives=("transmission", "reflection"),
        cost=294,
        parameters=IbclnParameters,
        build=_build,
        loads=lambda parameters: _found(parameters)[1:],
        reach=128,
        memory=2560,
        weights=tuple(path for path in OWN.values() if path.is_file()),
    )


@hookimpl
def unveil_networks() -> Iterable[NetworkSpec]:
    """Offer the network of `ibcln`, whose weights are two files."""
    yield NetworkSpec(
        name=NAME,
        summary=SUMMARY,
        network=_network,
        convert=_convert,
        reference=_reference,
        inputs=("I",),
        files=2,
        variants=("", *OWN),
        own=OWN,
        parts={"G_T": "G_T", "G_R": "G_R"},
    )
