"""Networks prepared for looking only: the same answer with less work, in the precision that was asked for.

On the CPU, in float32, a convolution and its activation become one call of oneDNN, which PyTorch's own compiler uses
as well (`torch.ops.mkldnn`); the weights stay where they are. Elsewhere nothing but the order in memory changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ...pipeline.errors import EnvironmentFailure
from .parameters import Inference

P = ParamSpec("P")
R = TypeVar("R")

_NO_SLOPE = 1e-30
"""Slope below 0 of a ReLU: it leaves nothing there that float32 adds to anything, but lets NaN pass, which oneDNN's
own ReLU takes for 0."""


def precision_of(options: Inference, device: str) -> torch.dtype:
    """Return what to compute in on a device: bfloat16 on CUDA, float32 elsewhere, unless the options say it."""
    if options.precision != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[
            options.precision
        ]
    return torch.bfloat16 if _kind(device) == "cuda" else torch.float32


def prepare(network: nn.Module, device: str, options: Inference, apart: Collection[nn.Module] = ()) -> None:
    """Prepare a network for looking only: eval mode, no gradients, channels last, ReLU in place, on its device.

    Convolutions take over the batch norms behind them and, where that is faster, the activations; what was taken over
    becomes `nn.Identity`, so the network is no more to be trained or saved. In half precision its convolutions hold
    their weights in halves, which is what autocast would make of them at every call. Doing it twice is doing it once.

    `apart` are convolutions whose weights the network uses by itself; they stay as they are.
    """
    network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True
    _fold(network)
    dtype = precision_of(options, device)
    if dtype != torch.float32:
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                module.to(dtype)
    elif _kind(device) == "cpu" and not options.compile and fusing():
        _fuse(network, apart)


def looking(look: Callable[P, R], device: str, options: Inference) -> Callable[P, R]:
    """Return a function that computes as the options say: without gradients, in their precision, perhaps compiled.

    Pictures, (N, C, H, W), reach it with their channels last.

    Raises
    ------
    EnvironmentFailure
        When it is called: torch's compiler does not work on this machine.
    """
    dtype = precision_of(options, device)
    run = torch.compile(look) if options.compile else look

    def looked(*args: P.args, **kwargs: P.kwargs) -> R:
        with torch.inference_mode(), computing(device, dtype):
            seen: Any = [_channels_last(argument) for argument in args]
            return _compiled(run, *seen, **kwargs) if options.compile else run(*seen, **kwargs)

    return looked


@contextmanager
def computing(device: str, dtype: torch.dtype) -> Iterator[None]:
    """Compute in float32 and nothing less (TensorFloat-32 is off), or let autocast go down to a half precision."""
    half = dtype != torch.float32
    with (
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=False, allow_tf32=False),
        torch.autocast(_kind(device), dtype=dtype if half else None, enabled=half),
    ):
        yield


def fusing() -> bool:
    """Return whether this PyTorch has oneDNN's convolution with an activation."""
    there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(there) and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def _kind(device: str) -> str:
    return device.partition(":")[0]


def _compiled(run: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    from torch._dynamo.exc import BackendCompilerFailed

    try:
        return run(*args, **kwargs)
    except BackendCompilerFailed as error:
        raise EnvironmentFailure(
            f"torch.compile does not work on this machine ({_first_line(error)}); leave `compile` out, or install "
            "the C++ compiler that it needs"
        ) from error


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _channels_last(argument: Any) -> Any:
    if isinstance(argument, Tensor) and argument.ndim == 4:
        return argument.contiguous(memory_format=torch.channels_last)
    return argument


def _pairs(network: nn.Module) -> Iterator[tuple[nn.Sequential, int, nn.Conv2d, nn.Module]]:
    """Yield every convolution that something follows in a `Sequential`: that, the convolution's index, both."""
    for module in list(network.modules()):
        for index in range(len(module) - 1 if isinstance(module, nn.Sequential) else 0):
            assert isinstance(module, nn.Sequential)
            layer = module[index]
            if isinstance(layer, nn.Conv2d):
                yield module, index, layer, module[index + 1]


def _fold(network: nn.Module) -> None:
    for module, index, layer, following in _pairs(network):
        if isinstance(following, nn.BatchNorm2d):
            module[index] = fuse_conv_bn_eval(layer, following).requires_grad_(False)
            module[index + 1] = nn.Identity()


def _fuse(network: nn.Module, apart: Collection[nn.Module]) -> None:
    for module, index, layer, following in _pairs(network):
        words = _words(following) if layer not in apart else None
        if words is not None:
            layer.forward = _pointwise(layer, *words)  # type: ignore[assignment, method-assign]
            module[index + 1] = nn.Identity()
    for other in network.modules():
        if isinstance(other, nn.Conv2d) and other not in apart and "forward" not in vars(other):
            other.forward = _pointwise(other)  # type: ignore[assignment, method-assign]


def _words(activation: nn.Module) -> tuple[str, list[float]] | None:
    """Return oneDNN's name and numbers for an activation, or None where it has none."""
    match activation:
        case nn.ReLU():
            return "leaky_relu", [_NO_SLOPE]
        case nn.LeakyReLU():
            return "leaky_relu", [activation.negative_slope]
        case nn.PReLU() if activation.weight.numel() == 1:
            return "leaky_relu", [float(activation.weight)]
        case nn.Sigmoid():
            return "sigmoid", []
        case nn.Tanh():
            return "tanh", []
    return None


def _pointwise(layer: nn.Conv2d, name: str = "none", numbers: Any = ()) -> Callable[[Tensor], Tensor]:
    padding, stride, dilation = (list(n) for n in (layer.padding, layer.stride, layer.dilation))
    call = torch.ops.mkldnn._convolution_pointwise

    def forward(x: Tensor) -> Tensor:
        y: Tensor = call(
            x, layer.weight, layer.bias, padding, stride, dilation, layer.groups, name, list(numbers), ""
        )
        return y

    return forward
