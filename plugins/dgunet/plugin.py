"""`dgunet` as a plugin: the published network and the stage `restore`. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...pipeline.frame import Space
from ...pipeline.hookspecs import hookimpl
from ...pipeline.network import NetworkSpec
from ...pipeline.stage import Stage, StageContext, StageSpec
from .parameters import Restore

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


def _network(variant: str) -> nn.Module:
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
        variants=VARIANTS,
    )
