"""The layers that were found must make up the photograph again.

References
----------
Li, Yang, He, Lin, Hopcroft: "Single Image Reflection Removal through Cascaded Refinement", CVPR 2020 (IBCLN: in
approximately linear light, with weight 10).
Dong, Xu, Yang, Bao, Xu, Lau: "Location-aware Single Image Reflection Removal", ICCV 2021, arXiv 2012.07131.
Huang, Liu, Xia, Wang, Dragotti: "DURRNet: Deep Unfolded Single Image Reflection Removal Network with Joint
Prior", ICASSP 2024 (plain sum, with weight 0.2).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

GAMMA = 2.2
COMPOSITION_WEIGHT = 10.0
RECONSTRUCTION_WEIGHT = 0.2


def composition(blended: Tensor, transmission: Tensor, reflection: Tensor, alpha: Tensor) -> Tensor:
    """Return the mean squared error of `alpha * T + R` against the photograph, x^2.2 of each; a scalar.

    IBCLN uses it twice at each iteration: with the transmission that was found (its composition term), and with the
    true transmission (its residual term, all that directly teaches the reflection).

    Parameters
    ----------
    blended, transmission, reflection : (N, 3, H, W) float32
        Display-encoded. Values below 0 count as 0; values above 1 stay.
    alpha : (N, 1, 1, 1) float32
        Weight of the transmission in the mixture.
    """
    return F.mse_loss(alpha * _linear(transmission) + _linear(reflection), _linear(blended))


def weighed_composition(
    blended: Tensor, transmission: Tensor, reflection: Tensor, confidence: Tensor
) -> Tensor:
    """Return the mean squared error of `(1 - confidence) * T + R` against the photograph; a scalar.

    From the paper of Location-aware SIRR: `I = W * T + R` with a weight for each pixel, and a confidence map that
    tells where the reflection dominates. Its release has no training code. Our reading: W is 1 - map, the pictures
    are taken display-encoded as the network sees them, the error is squared. It is what teaches the map.

    Parameters
    ----------
    blended, transmission, reflection : (N, 3, H, W) float32
    confidence : (N, 1, H, W) float32
        In [0, 1]; 1 where nothing but reflection is seen.
    """
    return F.mse_loss((1 - confidence) * transmission + reflection, blended)


def reconstruction(blended: Tensor, transmission: Tensor, reflection: Tensor) -> Tensor:
    """Return the mean squared error of `T + R` against the photograph, display-encoded as they are; a scalar."""
    return F.mse_loss(transmission + reflection, blended)


def _linear(display: Tensor) -> Tensor:
    return display.clamp(min=0) ** GAMMA
