"""Losses of a network and the discriminator that it trains against; all take logits and give a scalar.

References
----------
Mao, Li, Xie, Lau, Wang, Smolley: "Least Squares Generative Adversarial Networks", ICCV 2017 (IBCLN, CR3Net).
Jolicoeur-Martineau: "The relativistic discriminator: a key element missing from standard GAN", ICLR 2019 (DURRNet).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_SQUARES_WEIGHT = 0.01
"""IBCLN and CR3Net, on the generator's loss."""
RELATIVISTIC_WEIGHT = 1e-4
"""DURRNet, on both losses."""
RELATIVISTIC_FROM = 5 / 25
"""DURRNet: part of the training after which they count; 0 before."""


def least_squares_generator(made: Tensor) -> Tensor:
    """Return the mean of (D(made) - 1)^2."""
    return ((made - 1) ** 2).mean()


def least_squares_discriminator(real: Tensor, made: Tensor) -> Tensor:
    """Return half of the mean of (D(real) - 1)^2 plus half of the mean of D(made)^2."""
    return 0.5 * (((real - 1) ** 2).mean() + (made**2).mean())


def relativistic_generator(real: Tensor, made: Tensor) -> Tensor:
    """Return half of what `relativistic_discriminator` gives with the parts of the two exchanged."""
    return 0.5 * relativistic_discriminator(made, real)


def relativistic_discriminator(real: Tensor, made: Tensor) -> Tensor:
    """Return the cross entropies of `real` being realer than the average of `made`, and `made` less than real's."""
    return _entropy(real - made.mean(), 1.0) + _entropy(made - real.mean(), 0.0)


def _entropy(logits: Tensor, target: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))
