"""Linear interpolation of any mosaic: means of the samples of a colour around, nearer ones weighing more."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

TENT = np.outer((1, 2, 3, 2, 1), (1, 2, 3, 2, 1)).astype(np.float32)
"""Falls off linearly, and is wide enough to meet every colour of X-Trans wherever it stands."""


def interpolate_tent(mosaic: Tensor, colours: np.ndarray) -> Tensor:
    """Interpolate a (1, H, W) float32 mosaic linearly; (3, H, W), measured samples as they are, on its device.

    `colours` (H, W) says which colour each sample has: 0 R, 1 G, 2 B. Soft beside what follows edges: for what has
    few of them, or none of its own. A colour without a sample within two pixels is 0 there.
    """
    samples = mosaic[0].detach().cpu().numpy()
    planes = np.empty((3, *samples.shape), np.float32)
    for colour, plane in enumerate(planes):
        mask = (colours == colour).astype(np.float32)
        weight = cv2.filter2D(mask, -1, TENT, borderType=cv2.BORDER_REFLECT_101)
        mean = cv2.filter2D(samples * mask, -1, TENT, borderType=cv2.BORDER_REFLECT_101)
        plane[:] = np.where(mask > 0, samples, mean / np.maximum(weight, 1))
    return torch.from_numpy(planes).to(mosaic.device)
