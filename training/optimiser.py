"""What moves the weights: Adam, AdamW, or Muon for the inner convolutions with Adam for the rest.

Nets without normalisation, as most published ones here are, learn to darken a picture within minutes and what a
reflection looks like hardly ever under Adam. Muon takes steps of one length in all directions of a layer's matrix, not
only along the few that errors point to most.

References
----------
Jordan et al.: "Muon: An optimizer for hidden layers in neural networks", 2024. Its rate is that of AdamW, after Liu et
al.: "Muon is Scalable for LLM Training", arXiv 2502.16982.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from .config import TrainConfig
    from .trainee import Group

NARROWEST = 12
"""Channels on either side that make a convolution an inner one; what sees or gives pictures has fewer."""
OTHERS = 0.3
"""Adam's share of the rate beside Muon, whose steps are as long as 0.2 to 0.4 of Adam's."""


class MuonAndAdam:
    """Muon for inner convolutions, each as the matrix (channels, what one of them sees); Adam for the rest.

    Used like an optimiser of torch; weights keep their place in memory, where Muon has a flat look at them.
    """

    def __init__(self, groups: Iterable[Group], config: TrainConfig) -> None:
        inner: list[Group] = []
        others: list[Group] = []
        self.seen: list[tuple[nn.Parameter, nn.Parameter]] = []
        for group in groups:
            weights = [p for p in group["params"] if _is_inner(p)]
            matrices = [nn.Parameter(_rows(p.data, p).view(len(p), -1)) for p in weights]
            rest = [p for p in group["params"] if not _is_inner(p)]
            self.seen += zip(weights, matrices, strict=True)
            inner.append({"params": matrices, "share": group["share"]})
            others.append({"params": rest, "share": OTHERS * group["share"]})
        rate, decay = config.learning_rate, config.weight_decay
        self.muon = torch.optim.Muon(inner, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        self.adam = torch.optim.Adam(others, lr=rate, betas=config.betas)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Those of both; `lr` may be set."""
        return [*self.muon.param_groups, *self.adam.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        self.adam.zero_grad(set_to_none)
        for weight, matrix in self.seen:
            weight.grad = matrix.grad = None

    def step(self) -> None:
        """Move all weights that have a gradient."""
        for weight, matrix in self.seen:
            if weight.grad is not None:
                matrix.grad = _rows(weight.grad, weight).reshape(len(weight), -1)
        self.muon.step()  # type: ignore[no-untyped-call]
        self.adam.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of both."""
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of both."""
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])


Optimiser = torch.optim.Optimizer | MuonAndAdam


def make_optimiser(groups: list[Group], config: TrainConfig) -> Optimiser:
    """Return what a configuration asks for."""
    if config.optimiser == "muon":
        return MuonAndAdam(groups, config)
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    optimiser: torch.optim.Optimizer = kinds[config.optimiser](
        groups, lr=config.learning_rate, betas=config.betas, weight_decay=config.weight_decay
    )
    return optimiser


def _is_inner(weight: Tensor) -> bool:
    return weight.ndim == 4 and min(weight.shape[:2]) >= NARROWEST


def _rows(tensor: Tensor, weight: Tensor) -> Tensor:
    """Return the weight, or its gradient, with the axes in the order in which the weight lies in memory."""
    return tensor if weight.is_contiguous() else tensor.permute(0, 2, 3, 1)
