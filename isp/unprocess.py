"""The camera run backwards: a finished picture to what the sensor would have counted.

After Brooks, Mildenhall, Xue, Chen, Sharlet and Barron, "Unprocessing Images for Learned Raw Denoising",
CVPR 2019. Their inverse tone map is left out, so that light still adds up: a scene and its reflection can be
unprocessed apart, mixed in linear camera RGB, and mosaicked together. Every function takes leading batch
dimensions, keeps device and dtype - but for `unprocess` of a pure gamma, which gives float64 - and is differentiable;
`to_counts` is not, it rounds.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..pipeline.frame import Triple
from .cfa import Pattern, colour_index, tile_pattern
from .colour.stage import apply_matrix
from .tone.curves import decode_curve, encode_curve, is_steep_at_black

INFLECTION = 0.9
"""Brooks et al., section 3.4: grey level from which highlights are kept bright."""
# Brooks et al., section 3.1: shot noise log-uniform, read noise log-normal around a line, fitted to the DND
# cameras.
SHOT_RANGE = (1e-4, 0.012)
READ_SLOPE, READ_OFFSET, READ_SPREAD = 2.18, 1.20, 0.26


def unprocess(
    display: Tensor, to_camera: Tensor, multipliers: Triple, curve: str = "srgb", keep_highlights: bool = True
) -> Tensor:
    """Take a finished picture back to linear camera RGB.

    Parameters
    ----------
    display : (..., 3, H, W) float
        Display values, [0, 1].
    to_camera : (3, 3) float
        From linear RGB of the picture's space to white-balanced camera RGB, rows sum to 1: the inverse of
        `colour.camera_matrix`, for a pure gamma inverted in float64.
    multipliers : three floats
        White balance multipliers to undo, the smallest 1.
    curve : str
        Display curve of the picture, as in `isp.tone.curves`.
    keep_highlights : bool
        True: white stays at saturation, as on a real sensor (see `undo_white_balance`). False: exactly
        invertible.

    Returns
    -------
    (..., 3, H, W) float
        Camera RGB, 1 = saturation; colours outside the camera's gamut may be below 0. Of a pure gamma (`gamma:2.2`)
        float64: it is infinitely steep at black, so that the rounding of float32, 1e-7 of the light, would be 1e-3 of
        the picture.
    """
    display = display.double() if is_steep_at_black(curve) else display
    balanced = apply_matrix(decode_curve(display, curve), to_camera)
    return undo_white_balance(balanced, multipliers, keep_highlights)


def process(camera_rgb: Tensor, from_camera: Tensor, multipliers: Triple, curve: str = "srgb") -> Tensor:
    """Finish linear camera RGB: white balance, matrix, curve; the way back of `unprocess`, same shapes, no
    clipping.

    What `unprocess` gave, without `keep_highlights`, comes back within 1e-5 with every curve, as long as its float64
    of a pure gamma is not rounded to float32 in between.
    """
    matrix = from_camera.to(camera_rgb) * camera_rgb.new_tensor(multipliers)
    return encode_curve(apply_matrix(camera_rgb, matrix), curve)


def undo_white_balance(balanced: Tensor, multipliers: Triple, keep_highlights: bool = True) -> Tensor:
    """Divide camera RGB by the white balance multipliers.

    A finished picture is clipped at 1, so division alone would turn its blown areas into a colour that no
    saturated sensor gives. With `keep_highlights` the division fades out between grey 0.9 and 1 (Brooks et
    al., section 3.4); no colour is ever lifted. (..., 3, H, W) to the same shape.
    """
    gains = 1 / balanced.new_tensor(multipliers)[:, None, None]
    if not keep_highlights:
        return balanced * gains
    grey = balanced.mean(dim=-3, keepdim=True)
    mask = ((grey - INFLECTION) / (1 - INFLECTION)).clamp(min=0, max=1) ** 2
    return balanced * torch.maximum(mask + (1 - mask) * gains, gains)


def mosaic(camera_rgb: Tensor, cfa: Pattern) -> Tensor:
    """Keep the one colour of each pixel that the colour filter array lets through: (..., 3, H, W) to (..., 1,
    H, W).
    """
    height, width = camera_rgb.shape[-2:]
    index = colour_index(cfa, height, width, camera_rgb.device)
    return camera_rgb.gather(-3, index.expand(*camera_rgb.shape[:-3], 1, height, width))


def noise_levels(generator: torch.Generator) -> tuple[float, float]:
    """Draw the (shot, read) noise of a real exposure: variances at 1 and at 0, for `add_noise`."""
    low, high = torch.tensor(SHOT_RANGE, dtype=torch.float64).log().tolist()
    uniform = torch.rand((), generator=generator, dtype=torch.float64)
    normal = torch.randn((), generator=generator, dtype=torch.float64)
    log_shot = low + (high - low) * uniform
    log_read = READ_SLOPE * log_shot + READ_OFFSET + READ_SPREAD * normal
    return float(log_shot.exp()), float(log_read.exp())


def add_noise(linear: Tensor, shot: float, read: float, generator: torch.Generator) -> Tensor:
    """Add sensor noise: normal with variance `shot * x + read`, which a photon count comes near to.

    `linear` (...) float, 1 = saturation; light below 0 makes no shot noise. The generator, on the tensor's
    device, decides the noise. Not clipped: dark noise goes below 0. `ValueError` for negative variances.
    """
    if shot < 0 or read < 0:
        raise ValueError(f"noise variances must not be negative, got shot {shot} and read {read}")
    deviation = (linear.clamp(min=0) * shot + read).sqrt() if shot or read else torch.zeros_like(linear)
    normal = torch.randn(linear.shape, generator=generator, dtype=linear.dtype, device=linear.device)
    return linear + deviation * normal


def to_counts(
    linear: Tensor, black: tuple[tuple[float, ...], ...], white: float, ceiling: int | None = None
) -> Tensor:
    """Turn linear samples into whole sensor counts.

    Parameters
    ----------
    linear : (..., H, W) float
        0 = black, 1 = saturation.
    black : rows of floats
        Black level of each cell of a repeating pattern, counts.
    white : float
        Saturation level, counts.
    ceiling : int
        The highest count the converter can give; default `white`.

    Returns
    -------
    (..., H, W) int32
        Counts from 0 to the ceiling: a converter clips, and so does this.
    """
    low = tile_pattern(black, linear.shape[-2], linear.shape[-1], linear)
    counts = low + linear * (white - low)
    return counts.round().clamp(min=0, max=white if ceiling is None else ceiling).to(torch.int32)
