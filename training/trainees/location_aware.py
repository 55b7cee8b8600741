"""Location-aware SIRR with the losses that its paper names; its release has no training code.

References
----------
Dong, Xu, Yang, Bao, Xu, Lau: "Location-aware Single Image Reflection Removal", ICCV 2021, arXiv 2012.07131. The weights
of the losses, how iterations count, the losses `transmission` and `log_error`, and that mixtures in linear light are
learned from are ours.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ...plugins.location_aware.network import ITERATIONS, MULTIPLE, Answer, LocationAware, make_network
from ..batch import Batch
from ..displayed import displayed
from ..initial import start_alive, start_strong, start_through
from ..losses.composition import weighed_composition
from ..losses.perceptual import IBCLN_TAPS, multi_scale
from ..losses.pixel import log_error
from ..losses.similarity import similarity
from ..trainee import Adversary, Facts, Group, Outcome, Setting, needed, total, weigh

FACTS = Facts(
    multiple=MULTIPLE,
    iterations=ITERATIONS,
    variants={"small": "small", "full": ""},
    syntheses=("linear",),
    losses={
        "similarity": 1.0,
        "composition": 1.0,
        "residual": 1.0,
        "perceptual": 0.1,
        "transmission": 0.0,
        "log_error": 0.0,
    },
)
EARLIER = 0.85
"""Weight of an iteration's losses beside those of the next."""


class LocationAwareTrainee:
    """One network, called three times; later iterations count more."""

    adversary: Adversary | None = None

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        network = make_network(setting.variant)
        start_strong(network)
        start_alive((network.output, network.outframe1, network.outframe2, network.det_conv_mask1[2]))
        start_through(network.conv1, network.deconv2, (network.conv10, network.output))
        in_between = network.cbam_block0.conv2.conv2d
        nn.init.zeros_(in_between.weight)  # adds nothing to the copy
        self.network = setting.place(network)
        self.perceptual = setting.perceptual(IBCLN_TAPS)

    def draw(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix in linear light, show sRGB."""
        return displayed(self.setting.mix(first, second, generator))

    def losses(self, batch: Batch, done: float) -> Outcome:
        """Sum over the iterations; the composition teaches the map, its residual form the reflection."""
        answers = self._run(self.network, batch.blended)
        counted = [(EARLIER ** (len(answers) - 1 - i), answer) for i, answer in enumerate(answers)]
        last = answers[-1]
        terms = weigh(
            self.setting.weights,
            {
                "similarity": lambda: total(
                    w * similarity(a.transmission, batch.transmission) for w, a in counted
                ),
                "composition": lambda: total(w * _compose(batch, a.transmission, a) for w, a in counted),
                "residual": lambda: total(w * _compose(batch, batch.transmission, a) for w, a in counted),
                "perceptual": lambda: multi_scale(
                    needed(self.perceptual), (last.transmission, last.half, last.quarter), batch.transmission
                ),
                "transmission": lambda: total(
                    w * F.mse_loss(a.transmission, batch.transmission) for w, a in counted
                ),
                "log_error": lambda: total(
                    w * log_error(a.transmission, batch.transmission) for w, a in counted
                ),
            },
        )
        return Outcome(losses=terms, made=last.transmission)

    def groups(self) -> list[Group]:
        """One group."""
        return [{"params": list(self.network.parameters()), "share": 1.0}]

    def remove(self, network: nn.Module, display: Tensor) -> Tensor:
        """Return the last transmission."""
        assert isinstance(network, LocationAware)
        return self._run(network, display)[-1].transmission

    def _run(self, network: LocationAware, display: Tensor) -> list[Answer]:
        picture = display.contiguous(memory_format=torch.channels_last)
        with self.setting.autocast():
            answers = list(network.cascade(picture, self.setting.iterations))
        return [_float(answer) for answer in answers]


build = LocationAwareTrainee


def _compose(batch: Batch, transmission: Tensor, answer: Answer) -> Tensor:
    return weighed_composition(batch.blended, transmission, answer.reflection, answer.confidence)


def _float(answer: Answer) -> Answer:
    state, *pictures = answer
    return Answer(state, *(picture.float() for picture in pictures))
