"""`cr3net` as a plugin: the published network, the method, and the stage `render`. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...pipeline.frame import Space
from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import Domain, Method, MethodSpec
from ...pipeline.network import NetworkSpec
from ...pipeline.stage import Stage, StageContext, StageSpec
from ..separation.parameters import SMALL_FIT
from .parameters import Cr3NetParameters, Render

if TYPE_CHECKING:
    from torch import Tensor, nn

NAME = "cr3net"
SUMMARY = "CR3Net: RAW mosaic and display picture together (Song et al., TCSVT 2023)"
FIT = 640
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


def _found(parameters: Cr3NetParameters | Render) -> tuple[str, Path]:
    from ..separation.store import find_variant

    return find_variant(NAME, parameters.variants, OWN)


def _fit(parameters: Cr3NetParameters) -> int:
    return SMALL_FIT if _found(parameters)[0] == "small" else FIT


def _method(parameters: Cr3NetParameters, device: str) -> Method:
    from .method import Cr3NetMethod

    return Cr3NetMethod.load(*_found(parameters), device, parameters)


def _render(parameters: Render, context: StageContext) -> Stage:
    from .render import RenderStage

    return RenderStage.load(parameters, context.device)


@hookimpl
def unveil_methods() -> Iterable[MethodSpec]:
    """Offer `cr3net`."""
    yield MethodSpec(
        name=NAME,
        summary=SUMMARY,
        domain=Domain.RAW_DISPLAY,
        multiple=8,
        global_statistics=True,
        fit=FIT,
        fits=_fit,
        gives=("transmission", "reflection", "mosaic"),
        cost=322,
        parameters=Cr3NetParameters,
        build=_method,
        loads=lambda parameters: _found(parameters)[1:],
        weights=tuple(path for path in OWN.values() if path.is_file()),
    )


@hookimpl
def unveil_stages() -> Iterable[StageSpec]:
    """Offer `render`, which also takes what a Bayer recipe may meet, to say that it is none."""
    display = frozenset({Space.DISPLAY_RGB})
    yield StageSpec(
        name="render",
        summary="Bayer mosaic to display picture with cr3net, in the place of demosaic, colour and tone",
        parameters=Render,
        routes={space: display for space in (Space.CFA_LINEAR, Space.CAMERA_RGB, Space.LINEAR_RGB)},
        build=_render,
        loads=lambda parameters, _: _found(parameters)[1:],
    )


@hookimpl
def unveil_networks() -> Iterable[NetworkSpec]:
    """Offer the published network of `cr3net`."""
    yield NetworkSpec(
        name=NAME,
        summary=SUMMARY,
        network=_network,
        convert=_convert,
        reference=_reference,
        inputs=("I", "I_raw"),
        variants=("", *OWN),
        own=OWN,
        parts={"G_T": ""},
    )
