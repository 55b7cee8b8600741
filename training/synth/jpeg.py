"""What a JPEG file loses, on the device: no bits are written.

References
----------
ITU-T T.81 (JPEG), Annex A.3.3 (discrete cosine transform), A.3.4 (quantisation), Annex K.1 (example tables).
ITU-T T.871 (JFIF): full-range YCbCr of BT.601.
Independent JPEG Group, libjpeg: scale of quality, 5000 / q below 50 and 200 - 2 q from there, per cent of the tables.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# fmt: off
LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""T.81 table K.1."""
CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)
"""T.81 table K.2."""
# fmt: on
TO_YCC = (
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)
"""T.871, section 7; Cb and Cr about 0."""
BLOCK = 8


def compress(display: Tensor, quality: Tensor, subsampled: Tensor) -> Tensor:
    """Return pictures as their JPEG files would be read.

    Parameters
    ----------
    display : (N, 3, H, W) float32
        sRGB-encoded, [0, 1]; what is outside is clipped, as a file would.
    quality : (N,) float32
        IJG scale, 1 to 100; rounded.
    subsampled : (N,) float32
        1: colours at half size both ways (4:2:0); 0: at full size (4:4:4).

    Returns
    -------
    (N, 3, H, W) float32
        In steps of 1 / 255. Sides that no 16 divides are padded by their border, as encoders do. Colours are put
        back to full size by linear interpolation, as libjpeg's "fancy upsampling"; no gradient flows through.
    """
    height, width = display.shape[-2:]
    levels = F.pad(_to_levels(display), (0, -width % 16, 0, -height % 16), mode="replicate")
    ycc = torch.einsum("ij,njhw->nihw", levels.new_tensor(TO_YCC), levels).round()
    luma = _quantised(ycc[:, :1] - 128, _table(LUMINANCE, quality)) + 128
    table = _table(CHROMINANCE, quality)
    small = _quantised(F.avg_pool2d(ycc[:, 1:], 2).round(), table)
    small = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
    chroma = torch.where(subsampled[:, None, None, None] > 0, small, _quantised(ycc[:, 1:], table))
    inverse = torch.linalg.inv(torch.tensor(TO_YCC, dtype=torch.float64)).to(levels)
    rgb = torch.einsum("ij,njhw->nihw", inverse, torch.cat([luma, chroma], 1))
    return rgb[..., :height, :width].round().clamp(0, 255) / 255


def _to_levels(display: Tensor) -> Tensor:
    return (display.clamp(0, 1) * 255).round()


def _table(base: tuple[tuple[int, ...], ...], quality: Tensor) -> Tensor:
    """Scale an example table: (N, 1, 1, 1, 8, 8), whole numbers from 1 to 255."""
    quality = quality.round().clamp(1, 100)
    scale = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality)
    steps = ((quality.new_tensor(base) * scale[:, None, None] + 50) / 100).floor().clamp(1, 255)
    return steps[:, None, None, None]


def _quantised(planes: Tensor, table: Tensor) -> Tensor:
    """Round the blocks' cosine coefficients to the table's steps: (N, C, H, W), sides divisible by 8."""
    n, c, h, w = planes.shape
    basis = _cosines(planes)
    blocks = planes.reshape(n, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK).transpose(3, 4)
    coefficients = (basis @ blocks @ basis.T / table).round() * table
    return (basis.T @ coefficients @ basis).transpose(3, 4).reshape(n, c, h, w).round()


def _cosines(like: Tensor) -> Tensor:
    """Return the orthonormal DCT of 8 samples as a matrix (8, 8), T.81 A.3.3."""
    place = torch.arange(BLOCK, device=like.device, dtype=torch.float64)
    basis = torch.cos((2 * place + 1) * place[:, None] * math.pi / (2 * BLOCK)) / 2
    basis[0] /= math.sqrt(2)
    return basis.to(like.dtype)
