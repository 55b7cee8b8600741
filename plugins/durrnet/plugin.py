"""`durrnet` as a plugin. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import Domain, Method, MethodSpec
from ...pipeline.network import NetworkSpec
from ..separation.parameters import SMALL_FIT, Inference

if TYPE_CHECKING:
    from torch import Tensor, nn

_SUMMARY = "DURRNet: deep unfolding with an exclusion prior (Huang et al., ICASSP 2024)"
FIT = 512
OWN = {"small": Path(__file__).parent / "weights" / "small.safetensors"}
_VARIANTS = ("hyper", "plain", *OWN)


class DurrNetParameters(Inference):
    """Parameters of `durrnet`."""

    variant: Literal["auto", "hyper", "plain", "small"] = Field(
        "auto",
        description="hyper: the published one, sees deep features (VGG19) too; plain: the picture only; small: "
        "plain with fewer channels, with our weights; auto: the first of them that has weights",
    )

    @property
    def variants(self) -> tuple[str, ...]:
        """Variants that the choice means, the preferred one first."""
        return _VARIANTS if self.variant == "auto" else (self.variant,)


def _found(parameters: DurrNetParameters) -> tuple[str, Path]:
    from ..separation.store import find_variant

    return find_variant("durrnet", parameters.variants, OWN)


def _fit(parameters: DurrNetParameters) -> int:
    return SMALL_FIT if _found(parameters)[0] == "small" else FIT


def _build(parameters: DurrNetParameters, device: str) -> Method:
    from .method import DurrNetMethod

    return DurrNetMethod.load(*_found(parameters), device, parameters)


@hookimpl
def unveil_methods() -> Iterable[MethodSpec]:
    """Offer `durrnet`."""
    yield MethodSpec(
        name="durrnet",
        summary=_SUMMARY,
        domain=Domain.DISPLAY,
        multiple=16,
        global_statistics=True,
        fit=FIT,
        fits=_fit,
        gives=("transmission", "reflection"),
        cost=311,
        parameters=DurrNetParameters,
        build=_build,
        loads=lambda parameters: _found(parameters)[1:],
        weights=tuple(path for path in OWN.values() if path.is_file()),
    )


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
    """Offer the published networks of `durrnet`."""
    yield NetworkSpec(
        name="durrnet",
        summary=_SUMMARY,
        network=_network,
        convert=_convert,
        reference=_reference,
        inputs=("input",),
        variants=_VARIANTS,
        own=OWN,
        parts={"net": "net", "vgg19_features": "vgg"},
    )
