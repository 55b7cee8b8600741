"""Measures of likeness between pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .tone.curves import decode_curve, encode_curve

EXPOSURES = 2.0
"""EV, up and down, that the best exposure is looked for within."""
BAND = 1 << 18
"""Pixels that colour differences are computed on at a time: what they need is some 50 times the picture."""
Window = Literal["gaussian", "uniform"]
_BELL = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
_WINDOWS = {"gaussian": _BELL / _BELL.sum(), "uniform": np.full(7, 1 / 7)}
_GOLDEN = (5**0.5 - 1) / 2
_REFINEMENTS = 9
"""Golden sections: 4 EV / 16 * 0.618^9 leaves the exposure known to less than 0.01 EV."""


def psnr(picture: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in dB for values in [0, 1], over all pixels and channels; inf if equal."""
    error = ((picture.double() - truth.double()) ** 2).mean()
    return float(-10 * torch.log10(error))


def ssim(picture: Tensor, truth: Tensor, window: Window = "gaussian") -> float:
    """Structural similarity of (3, H, W) pictures in [0, 1], mean over channels.

    K1 = 0.01, K2 = 0.03, at the places where the window fits wholly inside. The window is the paper's, a Gaussian of 11
    pixels with a standard deviation of 1.5, or `uniform`, 7 pixels of one weight with unbiased variances, which is what
    scikit-image takes unless told otherwise and what many published tables hold.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli: "Image quality assessment: from error visibility to structural similarity",
    IEEE TIP 13(4), 2004.
    """
    kernel = _WINDOWS[window]
    n = len(kernel)
    if min(picture.shape[-2:]) < n:
        raise ValueError(f"SSIM needs pictures of at least {n} x {n} pixels, got {tuple(picture.shape)}")
    unbiased = n * n / (n * n - 1) if window == "uniform" else 1.0

    def mean(z: NDArray[np.float64]) -> NDArray[np.float64]:
        whole: NDArray[np.float64] = cv2.sepFilter2D(z, cv2.CV_64F, kernel, kernel)
        return whole[n // 2 : -(n // 2), n // 2 : -(n // 2)]

    x, y = (p.detach().cpu().double().permute(1, 2, 0).numpy() for p in (picture, truth))
    mx, my = mean(x), mean(y)
    vx, vy, cov = (
        unbiased * v for v in (mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my)
    )
    c1, c2 = 0.01**2, 0.03**2
    score = (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(score.mean())


def delta_e(picture: Tensor, truth: Tensor) -> float:
    """Mean colour difference of (3, H, W) sRGB-encoded pictures in [0, 1], over all pixels.

    CIELAB under D65, the white of sRGB. 1 is about what an eye just tells apart, 100 black from white. NaN where a
    pixel is not finite.

    References
    ----------
    CIE 142-2001 (CIEDE2000); IEC 61966-2-1 (sRGB). Computed by colour-science.
    """
    if picture.shape != truth.shape or picture.ndim != 3 or picture.shape[0] != 3:
        raise ValueError(
            f"Delta E needs two (3, H, W) pictures of one size, got {tuple(picture.shape)} and {tuple(truth.shape)}"
        )
    first, second = (p.detach().cpu().double().flatten(1).T for p in (picture, truth))
    parts = zip(torch.split(first, BAND), torch.split(second, BAND), strict=True)
    return sum(_difference(one, other) for one, other in parts) / len(first)


def best_exposure(picture: Tensor, truth: Tensor, steps: int = 17) -> Tensor:
    """Return a display-encoded picture re-exposed by the one linear factor that serves PSNR best.

    The factor is searched between -2 and +2 EV, at `steps` places and then around the best of them, where PSNR has
    one peak; it shows how much of an error is brightness alone. Values in [0, 1], clipped there after the factor.
    """
    linear = decode_curve(picture, "srgb")

    def exposed(ev: float) -> Tensor:
        return encode_curve(linear * 2.0**ev, "srgb").clamp(0, 1)

    def score(ev: float) -> float:
        return psnr(exposed(ev), truth)

    coarse = max(torch.linspace(-EXPOSURES, EXPOSURES, steps).tolist(), key=score)
    width = 2 * EXPOSURES / (steps - 1)
    return exposed(_peak(score, max(-EXPOSURES, coarse - width), min(EXPOSURES, coarse + width), coarse))


def _peak(score: Callable[[float], float], low: float, high: float, start: float) -> float:
    """Return where `score` is highest between two places (golden section), or `start` where that is no lower.

    References
    ----------
    Kiefer: "Sequential minimax search for a maximum", Proc. AMS 4, 1953.
    """
    places = [high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)]
    found = [score(place) for place in places]
    for _ in range(_REFINEMENTS):
        if found[0] >= found[1]:
            high, places[1], found[1] = places[1], places[0], found[0]
            places[0] = high - _GOLDEN * (high - low)
            found[0] = score(places[0])
        else:
            low, places[0], found[0] = places[0], places[1], found[1]
            places[1] = low + _GOLDEN * (high - low)
            found[1] = score(places[1])
    return max((start, *places), key=score)


def _difference(one: Tensor, other: Tensor) -> float:
    """Return the sum of Delta E 2000 over (N, 3) colours."""
    from .colour.colorimetry import colour_science

    science = colour_science()
    labs = (science.XYZ_to_Lab(science.sRGB_to_XYZ(colours.numpy())) for colours in (one, other))
    return float(science.delta_E(*labs, method="CIE 2000").sum())
