"""A network that is already trained, and whose answers another learns.

What a mixture was made of cannot be known from the mixture alone; what a trained network finds in it can. A small net
learns that in far fewer samples, and with it when to leave a picture alone.

References
----------
Hinton, Vinyals, Dean: "Distilling the Knowledge in a Neural Network", arXiv 1503.02531.
Beyer et al.: "Knowledge distillation: A good teacher is patient and consistent", CVPR 2022 (teacher and pupil see the
same crop, mixtures of pictures serve well).
"""

from __future__ import annotations

from pathlib import Path

import torch

from ..plugins.separation.parameters import Inference
from ..plugins.unveilnet.method import UnveilNetMethod
from .batch import Batch, shrunk

LARGER = 2
"""How much larger the teacher sees a mixture than its pupil does: it is used at 384 pixels, small nets at 128."""


class Teacher:
    """`unveilnet` as it is used, in place of the truth."""

    def __init__(self, weights: Path, device: torch.device) -> None:
        self.method = UnveilNetMethod.load(weights, str(device), Inference(precision="bfloat16"))

    def __call__(self, mixture: Batch) -> Batch:
        """Return the linear mixture (N, 3, H, W), shrunk by `LARGER`, with the layers that the teacher finds in it."""
        layers = self.method(mixture.blended)
        assert layers.reflection is not None
        taught = Batch(
            blended=mixture.blended, transmission=layers.transmission, reflection=layers.reflection
        )
        return shrunk(taught, LARGER)
