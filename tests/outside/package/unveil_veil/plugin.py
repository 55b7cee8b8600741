"""A method for even veils: light that lies over the whole picture. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from unveil import Layers, MethodSpec, hookimpl
from unveil.pipeline.method import Domain, Method
from unveil.pipeline.stage import Parameters

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = Path(__file__).parent / "veil.safetensors"


class VeilParameters(Parameters):
    """Parameters of `veil`; recipes write them beside those of `separate`."""

    share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.7, description="how much of what may be veil is taken for it; the rest may be the scene's own light"
    )


def build(parameters: VeilParameters, device: str) -> Method:
    """Load the network and return the method."""
    from unveil.plugins.separation.weights import load_into

    from .network import VeilNet

    network = VeilNet()
    load_into(network, WEIGHTS)
    network.eval().requires_grad_(False).to(device)

    def separate(proxy: Tensor) -> Layers:
        veil = parameters.share * network(proxy.to(device)).to(proxy.device)
        return Layers(transmission=proxy - veil, reflection=veil)

    return separate


@hookimpl
def unveil_methods() -> Iterable[MethodSpec]:
    """Offer `veil`."""
    yield MethodSpec(
        name="veil",
        summary="the darkest light of each neighbourhood, made smooth",
        domain=Domain.LINEAR,
        multiple=1,
        global_statistics=False,
        fit=128,
        gives=("transmission", "reflection"),
        cost=0.9,
        parameters=VeilParameters,
        build=build,
        reach=33,
        weights=(WEIGHTS,),
    )
