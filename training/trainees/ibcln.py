"""IBCLN as its release trains it; `log_error` is ours.

References
----------
Li, Yang, He, Lin, Hopcroft: "Single Image Reflection Removal through Cascaded Refinement", CVPR 2020; numbers from
its release.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ...plugins.ibcln.network import ITERATIONS, MULTIPLE, Answer, Ibcln, make_network
from ..adversaries import LeastSquares
from ..batch import Batch
from ..choice import keep
from ..displayed import displayed
from ..initial import start_alive, start_even, start_normal, start_open, start_strong, start_through
from ..losses.adversarial import LEAST_SQUARES_WEIGHT
from ..losses.composition import COMPOSITION_WEIGHT, composition
from ..losses.perceptual import IBCLN_TAPS, multi_scale
from ..losses.pixel import log_error
from ..synth.vignetted import draw, usable, vignetted
from ..trainee import Facts, Group, Outcome, Setting, needed, total, weigh

FACTS = Facts(
    multiple=MULTIPLE,
    iterations=ITERATIONS,
    variants={"small": "small", "full": ""},
    syntheses=("published", "linear"),
    losses={
        "transmission": 1.0,
        "composition": COMPOSITION_WEIGHT,
        "residual": COMPOSITION_WEIGHT,
        "perceptual": 1.0,
        "adversarial": LEAST_SQUARES_WEIGHT,
        "log_error": 0.0,
    },
)
DEEP, GATE, LEAVING = 0.7, 0.5, 0.3
"""Standard deviations that the small net starts with: of what the memory sees, before gates, and of what leaves it."""


class IbclnTrainee:
    """Both generators; every iteration of the cascade is supervised."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        network = make_network(setting.variant)
        small = setting.variant == "small"
        if small:
            _start_small(network)
        else:
            start_normal(network, network.width)
        generators = network.G_T, network.G_R
        start_alive(part for g in generators for part in (g.output, g.outframe1, g.outframe2))
        if small:
            t = network.G_T
            start_through(t.conv1, t.deconv2, (t.conv10, t.output))
        self.network = setting.place(network)
        self.adversary = LeastSquares(setting) if setting.weights["adversarial"] else None
        self.perceptual = setting.perceptual(IBCLN_TAPS)

    def draw(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix as published, or in linear light."""
        if self.setting.synthesis == "linear":
            return displayed(self.setting.mix(first, second, generator))
        draws = draw(len(first), first.shape[-2], first.shape[-1], generator, first.device)
        batch = vignetted(first, second, draws)
        return keep(batch, usable(batch, second))

    def losses(self, batch: Batch, done: float) -> Outcome:
        """Sum over the iterations; features and adversary judge the last."""
        answers = self._run(self.network, batch.blended)
        alpha = torch.ones_like(batch.blended[:, :1, :1, :1]) if batch.alpha is None else batch.alpha
        last = answers[-1][0]
        terms = weigh(
            self.setting.weights,
            {
                "transmission": lambda: total(F.mse_loss(t.image, batch.transmission) for t, _ in answers),
                "composition": lambda: total(
                    composition(batch.blended, t.image, r.image, alpha) for t, r in answers
                ),
                "residual": lambda: total(
                    composition(batch.blended, batch.transmission, r.image, alpha) for _, r in answers
                ),
                "perceptual": lambda: multi_scale(
                    needed(self.perceptual), (last.image, last.half, last.quarter), batch.transmission
                ),
                "adversarial": lambda: needed(self.adversary).teach(last.image),
                "log_error": lambda: total(log_error(t.image, batch.transmission) for t, _ in answers),
            },
        )
        return Outcome(losses=terms, made=last.image)

    def groups(self) -> list[Group]:
        """One group: one optimiser serves both generators."""
        return [{"params": list(self.network.parameters()), "share": 1.0}]

    def remove(self, network: nn.Module, display: Tensor) -> Tensor:
        """Return the last transmission."""
        assert isinstance(network, Ibcln)
        return self._run(network, display)[-1][0].image

    def _run(self, network: Ibcln, display: Tensor) -> list[tuple[Answer, Answer]]:
        picture = display.contiguous(memory_format=torch.channels_last)
        with self.setting.autocast():
            answers = list(network.cascade(picture, self.setting.iterations))
        return [(_float(t), _float(r)) for t, r in answers]


build = IbclnTrainee


def _start_small(network: Ibcln) -> None:
    """Let every layer see signals of its own size, and drop no features: a narrow net has none to spare."""
    start_strong(network)
    field = F.interpolate(torch.rand(8, 3, 12, 12), scale_factor=8, mode="bilinear")
    for g in (network.G_T, network.G_R):
        deep = (g.conv4, g.conv5, g.conv6, g.diconv1, g.diconv2, g.diconv3, g.diconv4, g.conv7, g.conv_g)
        before = dict.fromkeys(deep, DEEP) | dict.fromkeys((g.conv_i, g.conv_f, g.conv_o), GATE)
        start_even(
            before | dict.fromkeys((g.conv8, g.deconv1), LEAVING), lambda: next(network.cascade(field))
        )
        start_open((g.conv_i, g.conv_o))
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


def _float(answer: Answer) -> Answer:
    image, _, half, quarter = answer
    return answer._replace(image=image.float(), half=half.float(), quarter=quarter.float())
