"""The moving average of a network's weights, which is what gets shipped.

References
----------
Polyak, Juditsky: "Acceleration of Stochastic Approximation by Averaging", SIAM J. Control and Optimization, 1992.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """Return the average of a network over its steps, buffers included.

    The decay of step n is min(`decay`, (1 + n) / (10 + n)), so that the random start is soon forgotten.
    """
    return AveragedModel(network, multi_avg_fn=_average(decay), use_buffers=True)


def _average(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    @torch.no_grad()
    def update(average: Sequence[Tensor], current: Sequence[Tensor], n: Tensor | int) -> None:
        step = float(n)
        weight = 1 - min(decay, (1 + step) / (10 + step))
        for old, new in zip(average, current, strict=True):
            if old.is_floating_point():
                old.lerp_(new, weight)
            else:
                old.copy_(new)

    return update
