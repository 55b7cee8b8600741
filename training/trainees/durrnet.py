"""DURRNet as its release trains it; `log_error` is ours.

References
----------
Huang, Liu, Xia, Wang, Dragotti: "DURRNet: Deep Unfolded Single Image Reflection Removal Network with Joint Prior",
ICASSP 2024; numbers from its release.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ...pipeline.errors import RecipeError
from ...plugins.durrnet.network import SMALLEST, Answer, DurrNet, make_network
from ..adversaries import Relativistic
from ..batch import Batch
from ..choice import keep
from ..displayed import displayed
from ..losses.adversarial import RELATIVISTIC_WEIGHT
from ..losses.composition import RECONSTRUCTION_WEIGHT, reconstruction
from ..losses.exclusion import EXCLUSION_WEIGHT, exclusion
from ..losses.perceptual import DURRNET_TAPS, DURRNET_WEIGHT, load_vgg19
from ..losses.pixel import log_error
from ..synth.subtractive import draw, subtractive
from ..trainee import Facts, Group, Outcome, Setting, needed, weigh

FACTS = Facts(
    multiple=SMALLEST,
    variants={"small": "small", "full": "hyper"},
    syntheses=("published", "linear"),
    losses={
        "transmission": 1.0,
        "reflection": 1.0,
        "perceptual": DURRNET_WEIGHT,
        "exclusion": EXCLUSION_WEIGHT,
        "reconstruction": RECONSTRUCTION_WEIGHT,
        "adversarial": RELATIVISTIC_WEIGHT,
        "log_error": 0.0,
    },
)


class DurrNetTrainee:
    """The unfolded net; both layers and both codes are supervised."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        network = make_network(setting.variant)
        if network.vgg is not None:
            network.vgg.load_state_dict(_vgg(setting).state_dict())
            network.vgg.requires_grad_(False)
        self.network = setting.place(network)
        self.adversary = Relativistic(setting) if setting.weights["adversarial"] else None
        self.perceptual = setting.perceptual(DURRNET_TAPS, normalise=True)

    def draw(self, first: Tensor, second: Tensor, generator: Generator) -> Batch:
        """Mix as published, or in linear light."""
        if self.setting.synthesis == "linear":
            return displayed(self.setting.mix(first, second, generator))
        return subtractive(first, second, draw(len(first), generator, first.device))

    def losses(self, batch: Batch, done: float) -> Outcome:
        """Judge the last estimates; a picture that is all black has no answer and is left out."""
        batch = keep(batch, batch.blended.amax((1, 2, 3)) > 0)
        made = self._run(self.network, batch.blended)
        t, r = batch.transmission, batch.reflection
        terms = weigh(
            self.setting.weights,
            {
                "transmission": lambda: (
                    F.mse_loss(made.transmission, t) + F.mse_loss(made.transmission_code, t)
                ),
                "reflection": lambda: F.mse_loss(made.reflection, r) + F.mse_loss(made.reflection_code, r),
                "perceptual": lambda: needed(self.perceptual)(made.transmission, t),
                "exclusion": lambda: exclusion(made.transmission, made.reflection),
                "reconstruction": lambda: reconstruction(batch.blended, made.transmission, made.reflection),
                "adversarial": lambda: needed(self.adversary).teach(made.transmission, batch, done),
                "log_error": lambda: log_error(made.transmission, t),
            },
        )
        return Outcome(losses=terms, made=made.transmission)

    def groups(self) -> list[Group]:
        """One group; the deep features in front of the net stay as they are."""
        return [{"params": list(self.network.net.parameters()), "share": 1.0}]

    def remove(self, network: nn.Module, display: Tensor) -> Tensor:
        """Return the transmission; black, of which there is no answer, stays black."""
        assert isinstance(network, DurrNet)
        dark = display.amax((1, 2, 3), keepdim=True) <= 0
        found = self._run(network, torch.where(dark, 1.0, display)).transmission
        return torch.where(dark, display, found)

    def _run(self, network: DurrNet, display: Tensor) -> Answer:
        with self.setting.autocast():
            answer = network(display.contiguous(memory_format=torch.channels_last))
        return Answer(*(part.float() for part in answer))


build = DurrNetTrainee


def _vgg(setting: Setting) -> nn.Module:
    if setting.config.perceptual is None:
        raise RecipeError(
            "durrnet full looks through VGG19; name torchvision's file of its weights with `perceptual:`, or take "
            "`variant: small`"
        )
    return load_vgg19(setting.config.perceptual)
