"""`unveilnet` as a plugin. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...pipeline.hookspecs import hookimpl
from ...pipeline.method import Domain, Method, MethodSpec
from ..separation.parameters import Inference

WEIGHTS = Path(__file__).parent / "weights" / "unveilnet.safetensors"

REACH = 640
"""Of one look measured at the edge of a cut through four photographs of 1024 pixels, as `MethodSpec.reach` has it: 318
at most, 14 to 226 on the other three, 5 on a smooth gradient. The second look sees half the size, so twice as far."""


class UnveilNetParameters(Inference):
    """Parameters of `unveilnet`."""


def _build(parameters: UnveilNetParameters, device: str) -> Method:
    from .method import UnveilNetMethod

    return UnveilNetMethod.load(WEIGHTS, device, parameters)


@hookimpl
def unveil_methods() -> Iterable[MethodSpec]:
    """Offer `unveilnet`."""
    yield MethodSpec(
        name="unveilnet",
        summary="our compact default: EfficientNet-Lite0 encoder, trained on mixtures in linear light",
        domain=Domain.LINEAR,
        multiple=64,
        global_statistics=False,
        fit=384,
        gives=("transmission", "reflection"),
        cost=26,
        parameters=UnveilNetParameters,
        build=_build,
        loads=lambda parameters: (WEIGHTS,),
        reach=REACH,
        memory=512,
        weights=(WEIGHTS,),
    )
