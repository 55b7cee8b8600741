"""DGUNet as a separator: every stage is supervised, as in the authors' restoration; the two layers are ours.

References
----------
Mou, Wang, Zhang: "Deep Generalized Unfolding Networks for Image Restoration", CVPR 2022 (Charbonnier and edge loss,
summed over the seven stages). No synthesis of reflections is published with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from ...plugins.dgunet.network import MULTIPLE
from ...plugins.dgunet.separator import make_separator
from ..batch import Batch
from ..displayed import displayed
from ..losses.pixel import EDGE_WEIGHT, charbonnier, laplacian_edge
from ..trainee import Adversary, Facts, Group, Outcome, Setting, total, weigh

FACTS = Facts(
    multiple=MULTIPLE,
    variants={"small": "separation_small", "full": "separation"},
    syntheses=("linear",),
    losses={"transmission": 1.0, "reflection": 0.3, "edges": EDGE_WEIGHT},
)
Stages = Sequence[tuple[Tensor, Tensor]]


class DgunetTrainee:
    """The separator and its losses on all seven stages."""

    adversary: Adversary | None = None

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.network = setting.place(make_separator(setting.variant))

    def draw(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix in linear light, show sRGB."""
        return displayed(self.setting.mix(first, second, generator))

    def losses(self, batch: Batch, done: float) -> Outcome:
        """Sum each loss over the stages."""
        stages = self._run(self.network, batch.blended)
        terms = weigh(
            self.setting.weights,
            {
                "transmission": lambda: total(charbonnier(t, batch.transmission) for t, _ in stages),
                "reflection": lambda: total(charbonnier(r, batch.reflection) for _, r in stages),
                "edges": lambda: total(laplacian_edge(t, batch.transmission) for t, _ in stages),
            },
        )
        return Outcome(losses=terms, made=stages[0][0])

    def groups(self) -> list[Group]:
        """One group."""
        return [{"params": list(self.network.parameters()), "share": 1.0}]

    def remove(self, network: nn.Module, display: Tensor) -> Tensor:
        """Return what the last stage gives."""
        return self._run(network, display)[0][0]

    def _run(self, network: nn.Module, display: Tensor) -> Stages:
        with self.setting.autocast():
            stages = network(display.contiguous(memory_format=torch.channels_last))
        return [(t.float(), r.float()) for t, r in stages]


build = DgunetTrainee
