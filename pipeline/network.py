"""The contract of a published network: how its authors' weights come in and how its answers are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A network that others published, as a plugin offers it; a method or a stage makes use of it."""

    name: str
    """Name for `unveil weights import` and `unveil methods verify`: the method's, where a method uses it."""
    summary: str
    """One line, with the source."""
    network: Callable[[str], nn.Module]
    """Variant to the bare network with random weights, on the CPU. Its state dict is what is stored."""
    convert: Callable[[Mapping[Path, Mapping[str, Any]], str], Mapping[str, Tensor]]
    """What the authors' checkpoint files hold, by file, and the variant, to a state dict of `network`.

    Undoes wrappers and prefixes and joins files that belong together. `EnvironmentFailure` (with the helpers of
    `plugins.separation.checkpoints`) where a file is of something else; keys and shapes are checked after it.
    """
    reference: Callable[[nn.Module, Mapping[str, Tensor], Mapping[str, Any]], Mapping[str, Tensor]]
    """The published test path: a network in eval mode, the inputs of a case by name, and the case's `hyper`
    values, to every output of the case by name. Called without gradients, on the network's device."""
    inputs: tuple[str, ...]
    """Names of the arrays of a case that are inputs; all others are compared."""
    variants: tuple[str, ...] = ("",)
    """Names of the variants, the usual one first; one without a name where there is only one."""
    own: Mapping[str, Path] = field(default_factory=dict)
    """Variants that nobody published but us, and the file that each comes in with the plugin, once it is trained."""
    files: int = 1
    """How many files the authors' weights are in; more may be taken by `convert`, fewer not."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Name of each net in a case to the path of its sub-module, the main one first; empty: one net, the whole."""
    half_tolerance: float = 0.03
    """Largest absolute error of a right answer that autocast computed in bfloat16 or float16, on pictures in
    [0, 1] and the weights of the cases; in float32 it is 1e-5 for all."""
