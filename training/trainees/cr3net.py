"""CR3Net as its release trains it, on mosaics made of display pictures; `log_error` is ours.

References
----------
Song et al.: "Real-scene Reflection Removal with RAW-RGB Image Pairs", IEEE TCSVT 2023; numbers from its release.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ...isp.tone.curves import decode_curve
from ...plugins.cr3net.network import MULTIPLE, VARIANTS, Answer, make_network
from ..adversaries import LeastSquares
from ..batch import Batch
from ..choice import keep
from ..displayed import with_planes
from ..initial import start_normal
from ..losses.adversarial import LEAST_SQUARES_WEIGHT
from ..losses.perceptual import IBCLN_TAPS
from ..losses.pixel import log_error
from ..synth.vignetted import draw, mosaic_planes, usable, vignetted_raw
from ..trainee import Facts, Group, Outcome, Setting, needed, weigh

FACTS = Facts(
    multiple=MULTIPLE,
    variants={"small": "small", "full": ""},
    syntheses=("published", "linear"),
    losses={
        "transmission": 1.0,
        "reflection": 1.0,
        "perceptual": 1.0,
        "adversarial": LEAST_SQUARES_WEIGHT,
        "transmission_raw": 1.0,
        "reflection_raw": 1.0,
        "log_error": 0.0,
    },
    sees="display and planes",
)


class Cr3NetTrainee:
    """The net on pictures and the planes of a mosaic of the same."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        network = make_network(setting.variant)
        start_normal(network, VARIANTS[setting.variant].levels[0])
        self.network = setting.place(network)
        self.adversary = LeastSquares(setting) if setting.weights["adversarial"] else None
        self.perceptual = setting.perceptual(IBCLN_TAPS)

    def draw(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix as published, or in linear light; the planes are linear."""
        if self.setting.synthesis == "linear":
            return with_planes(self.setting.mix(first, second, generator))
        batch = vignetted_raw(
            first, second, draw(len(first), first.shape[-2], first.shape[-1], generator, first.device)
        )
        return keep(batch, usable(batch, second))

    def losses(self, batch: Batch, done: float) -> Outcome:
        """Judge both layers, displayed and as planes."""
        made = self._run(self.network, batch.blended, needed(batch.blended_raw))
        terms = weigh(
            self.setting.weights,
            {
                "transmission": lambda: F.mse_loss(made.transmission, batch.transmission),
                "reflection": lambda: F.mse_loss(made.reflection, batch.reflection),
                "perceptual": lambda: needed(self.perceptual)(made.transmission, batch.transmission),
                "adversarial": lambda: needed(self.adversary).teach(made.transmission),
                "transmission_raw": lambda: F.l1_loss(made.transmission_raw, needed(batch.transmission_raw)),
                "reflection_raw": lambda: F.l1_loss(made.reflection_raw, needed(batch.reflection_raw)),
                "log_error": lambda: log_error(made.transmission, batch.transmission),
            },
        )
        return Outcome(losses=terms, made=made.transmission)

    def groups(self) -> list[Group]:
        """One group."""
        return [{"params": list(self.network.parameters()), "share": 1.0}]

    def remove(self, network: nn.Module, display: Tensor) -> Tensor:
        """Return the displayed transmission; the mosaic is the picture's own, taken back to linear light."""
        planes = mosaic_planes(decode_curve(display, "srgb"))
        return self._run(network, display, planes).transmission

    def _run(self, network: nn.Module, display: Tensor, planes: Tensor) -> Answer:
        seen = (x.contiguous(memory_format=torch.channels_last) for x in (display, planes))
        with self.setting.autocast():
            answer = network(*seen)
        return Answer(*(part.float() for part in answer))


build = Cr3NetTrainee
