"""Both forms of every published network: the plain one that its description gives, and the one that we run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..pipeline.network import NetworkSpec
from ..plugins.separation.inference import computing, looking, prepare
from ..plugins.separation.parameters import Inference
from ..plugins.separation.verify import filled_network

Answer = Mapping[str, Tensor]
Run = Callable[[], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is measured."""

    method: str
    """Name of the network, with `:variant` where it has some."""
    height: int
    width: int
    device: str = "cpu"
    dtype: str = "float32"
    """Precision of our form; the plain one is computed in float32."""
    compiled: bool = False
    """Whether our form goes through torch.compile."""
    threads: int = 1


METHODS = ("ibcln", "location_aware", "durrnet:plain", "durrnet:hyper", "cr3net", "dgunet:deraining")
"""Those measured unless others are named."""
_GAINS = {
    "ibcln": {"G_T": 1.2, "G_R": 1.2},
    "location_aware": {"LRM": 1.25},
    "durrnet": {"net": 0.6},
    "cr3net": {"G_T": 0.65},
    "dgunet": {"net": 0.6},
}
"""Gains of weights made from their keys, those of the reference cases; of trained ones only the values differ."""


def make(form: str, case: Case) -> Run:
    """Return a function that runs the `plain` form or `ours` once, on a made picture, its layers in [0, 1]."""
    inputs = _inputs(case)
    network = _network(case)
    return _plain(case, network, inputs) if form == "plain" else _ours(case, network, inputs)


def _network(case: Case) -> nn.Module:
    name, _, variant = case.method.partition(":")
    spec = _spec(name)
    nets = {part: {"gain": gain} for part, gain in _GAINS[name].items()}
    if variant == "hyper":
        nets["vgg19_features"] = {"gain": 1.0}
    return filled_network(spec, variant or spec.variants[0], nets).requires_grad_(False).to(case.device)


def _spec(name: str) -> NetworkSpec:
    from ..pipeline.registry import build_registry

    return build_registry().network(name)


def _inputs(case: Case) -> tuple[Tensor, ...]:
    """Return a smooth picture with a little noise and, for CR3Net, a packed mosaic of half its size."""
    generator = torch.Generator().manual_seed(20240607)
    coarse = torch.rand(1, 3, 8, 8, generator=generator)
    picture = nn.functional.interpolate(coarse, size=(case.height, case.width), mode="bicubic").clamp(0, 1)
    picture = (picture + 0.02 * torch.randn(picture.shape, generator=generator)).clamp(0, 1)
    if not case.method.startswith("cr3net"):
        return (picture.to(case.device),)
    planes = nn.functional.avg_pool2d(picture, 2)[:, [0, 1, 1, 2]] ** 2.2
    return picture.to(case.device), planes.to(case.device)


def _plain(case: Case, network: nn.Module, inputs: tuple[Tensor, ...]) -> Run:
    look = _PLAIN[case.method.partition(":")[0]]

    def run() -> Answer:
        with torch.no_grad(), computing(case.device, torch.float32):
            return _shown(look(network, *inputs))

    return run


def _ours(case: Case, network: nn.Module, inputs: tuple[Tensor, ...]) -> Run:
    options = {"precision": case.dtype, "compile": case.compiled}
    look = _OURS[case.method.partition(":")[0]](network, case.device, options)
    return lambda: _shown(look(*inputs))


def _shown(layers: Mapping[str, Tensor | None]) -> Answer:
    return {name: layer.float().clamp(0, 1) for name, layer in layers.items() if layer is not None}


def _plain_ibcln(network: Any, picture: Tensor) -> Mapping[str, Tensor]:
    *_, (transmission, reflection) = network.cascade(picture)
    return {"T": transmission.image, "R": reflection.image}


def _plain_location_aware(network: Any, picture: Tensor) -> Mapping[str, Tensor]:
    *_, last = network.cascade(picture)
    return {"T": last.transmission, "R": last.reflection, "C": last.confidence}


def _plain_two(network: Any, *inputs: Tensor) -> Mapping[str, Tensor]:
    answer = network(*inputs)
    return {"T": answer.transmission, "R": answer.reflection}


def _plain_dgunet(network: Any, picture: Tensor) -> Mapping[str, Tensor]:
    from ..plugins.dgunet.published import restore

    return {"T": restore(network, picture)[2]}


def _ours_ibcln(network: Any, device: str, options: Any) -> Callable[..., Mapping[str, Any]]:
    from ..plugins.ibcln.method import IbclnMethod
    from ..plugins.ibcln.plugin import IbclnParameters

    return _layers(IbclnMethod(network, device, IbclnParameters(**options)))


def _ours_location_aware(network: Any, device: str, options: Any) -> Callable[..., Mapping[str, Any]]:
    from ..plugins.location_aware.method import LocationAwareMethod
    from ..plugins.location_aware.plugin import LocationAwareParameters

    return _layers(LocationAwareMethod(network, device, LocationAwareParameters(**options)))


def _ours_durrnet(network: Any, device: str, options: Any) -> Callable[..., Mapping[str, Any]]:
    from ..plugins.durrnet.method import DurrNetMethod

    return _layers(DurrNetMethod(network, device, Inference(**options)))


def _ours_cr3net(network: Any, device: str, options: Any) -> Callable[..., Mapping[str, Any]]:
    from ..plugins.cr3net.method import Cr3NetMethod

    method = Cr3NetMethod(network, device, Inference(**options))
    return lambda picture, planes: _two(method.answer(picture, planes))


def _ours_dgunet(network: Any, device: str, options: Any) -> Callable[..., Mapping[str, Any]]:
    from ..plugins.dgunet.published import restore

    prepare(network, device, Inference(**options))
    look = looking(partial(restore, network), device, Inference(**options))
    return lambda picture: {"T": look(picture)[2]}


def _layers(method: Callable[[Tensor], Any]) -> Callable[[Tensor], Mapping[str, Any]]:
    def look(picture: Tensor) -> Mapping[str, Any]:
        found = method(picture)
        return {**_two(found), "C": found.confidence}

    return look


def _two(found: Any) -> Mapping[str, Any]:
    return {"T": found.transmission, "R": found.reflection}


_PLAIN: Mapping[str, Callable[..., Mapping[str, Tensor]]] = {
    "ibcln": _plain_ibcln,
    "location_aware": _plain_location_aware,
    "durrnet": _plain_two,
    "cr3net": _plain_two,
    "dgunet": _plain_dgunet,
}
_OURS: Mapping[str, Callable[[nn.Module, str, Any], Callable[..., Mapping[str, Any]]]] = {
    "ibcln": _ours_ibcln,
    "location_aware": _ours_location_aware,
    "durrnet": _ours_durrnet,
    "cr3net": _ours_cr3net,
    "dgunet": _ours_dgunet,
}
