"""Weights made from the names of their keys, so that two programs have the same network without a weight file.

Every tensor comes from a PCG64 stream seeded with the CRC-32 of its key: normal values, scaled by the fan-in for
tensors with two or more dimensions (then times a gain), near 1 for one-dimensional weights, near 0 for biases, and
positive for running variances. Where keys share one parameter, the last of them in the state dict decides.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def filled(key: str, shape: tuple[int, ...], gain: float = 1.0) -> Tensor:
    """Return the weights of a key.

    Parameters
    ----------
    key
        The key with the prefix of its case.
    shape
        Of the tensor; () for a single number.
    gain
        Factor for tensors with two or more dimensions.

    Returns
    -------
    Tensor of that shape
        float32; int64 zeros for a key that ends in `num_batches_tracked`.
    """
    if key.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    stream = np.random.Generator(np.random.PCG64(zlib.crc32(key.encode())))
    normal = np.asarray(stream.standard_normal(shape)).astype(np.float32)
    return torch.from_numpy(np.asarray(_scaled(key, normal, gain), dtype=np.float32))


def _scaled(key: str, normal: NDArray[np.float32], gain: float) -> NDArray[Any]:
    if key.endswith("running_var"):
        return np.abs(normal) + np.float32(0.5)
    if key.endswith("running_mean"):
        return np.float32(0.1) * normal
    if normal.ndim >= 2:
        # The division is in float64: that is what the cases were made with.
        fan_in = np.sqrt(np.float64(max(1, math.prod(normal.shape[1:]))))
        scaled: NDArray[np.float32] = (normal / fan_in).astype(np.float32)
        return scaled * np.float32(gain)
    if key.endswith("weight"):
        return np.float32(1) + np.float32(0.1) * normal
    return np.float32(0.05) * normal


@torch.no_grad()
def fill(network: nn.Module, prefix: str = "", gain: float = 1.0) -> None:
    """Fill all parameters and buffers of a network in the order of its state dict."""
    for key, tensor in network.state_dict().items():
        tensor.copy_(filled(prefix + key, tuple(tensor.shape), gain))
