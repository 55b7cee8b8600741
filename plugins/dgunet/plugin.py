"""`dgunet` as a plugin: the published network and the stage `restore`. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...pipeline.frame import Space
from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import Domain, Method, MethodSpec
from ...pipeline.network import NetworkSpec
from ...pipeline.stage import Stage, StageContext, StageSpec
from .parameters import Restore, Separator

if TYPE_CHECKING:
    from torch import Tensor, nn

NAME = "dgunet"
VARIANTS = (
    "deraining",
    "deblurring",
    "denoising",
    "deraining_plus",
    "deblurring_plus",
    "denoising_plus",
)
"""Published."""
_WEIGHTS = Path(__file__).parent / "weights"
OWN = {"separation_small": _WEIGHTS / "small.safetensors", "separation": _WEIGHTS / "full.safetensors"}
"""Two layers, nobody's but ours."""


def _network(variant: str) -> nn.Module:
    if variant in OWN:
        from .separator import make_separator

        return make_separator(variant)
    from .network import make_network

    return make_network(variant)


def _convert(held: Mapping[Path, Mapping[str, Any]], variant: str) -> Mapping[str, Tensor]:
    from .published import convert

    return convert(held, variant)


def _reference(
    network: nn.Module, inputs: Mapping[str, Tensor], hyper: Mapping[str, Any]
) -> Mapping[str, Tensor]:
    from .published import reference

    return reference(network, inputs, hyper)


def _found(parameters: Separator) -> Path:
    from ..separation.store import find_weights

    return find_weights(NAME, parameters.net, OWN)


def _restores_with(parameters: Restore, _: object) -> Sequence[Path]:
    from ..separation.store import find_weights

    return (find_weights(NAME, parameters.variant),)


def _restore(parameters: Restore, context: StageContext) -> Stage:
    from .restore import RestoreStage

    return RestoreStage.load(parameters, context.device)


@hookimpl
def unveil_stages() -> Iterable[StageSpec]:
    """Offer `restore`."""
    yield StageSpec(
        name="restore",
        summary="take out rain, blur or noise; needs the authors' weights",
        parameters=Restore,
        routes={space: frozenset({space}) for space in (Space.LINEAR_RGB, Space.DISPLAY_RGB)},
        build=_restore,
        loads=_restores_with,
    )


def _method(parameters: Separator, device: str) -> Method:
    from .method import DGUNetMethod

    return DGUNetMethod.load(parameters.net, _found(parameters), device, parameters)


@hookimpl
def unveil_methods() -> Iterable[MethodSpec]:
    """Offer `dgunet` as a separator."""
    yield MethodSpec(
        name=NAME,
        summary="DGUNet unfolded for two layers; our variant of Mou, Wang, Zhang, CVPR 2022",
        domain=Domain.DISPLAY,
        multiple=8,
        global_statistics=True,
        fit=256,
        gives=("transmission", "reflection"),
        cost=494,
        parameters=Separator,
        build=_method,
        loads=lambda parameters: (_found(parameters),),
        weights=tuple(path for path in OWN.values() if path.is_file()),
    )


@hookimpl
def unveil_networks() -> Iterable[NetworkSpec]:
    """Offer `dgunet`."""
    yield NetworkSpec(
        name=NAME,
        summary="deep generalized unfolding for restoration (Mou, Wang, Zhang, CVPR 2022)",
        network=_network,
        convert=_convert,
        reference=_reference,
        inputs=("input",),
        variants=(*VARIANTS, *OWN),
        own=OWN,
    )
