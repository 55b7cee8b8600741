"""What is measured of a picture against the truth.

The protocol, which is how the tables of the Location-aware paper (Dong et al., ICCV 2021) are read: both pictures are
sRGB-encoded RGB as their files hold them; the answer is clipped to [0, 1] and not rounded; PSNR comes from the mean
squared error of all pixels and all three channels together, SSIM is Wang et al. 2004, mean over the channels. What
the paper leaves open is told in docs/training.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from ..isp.metrics import best_exposure, delta_e, psnr, ssim
from .lpips import Lpips

PROTOCOL = {
    "colour": "sRGB-encoded RGB, all three channels; Delta E 2000 under D65",
    "rounding": "files of 8 bit; the answer is clipped to [0, 1] and not rounded",
    "psnr": "of the mean squared error over all pixels and channels",
    "ssim": "Wang et al. 2004: Gaussian window of 11 pixels, mean over the channels",
    "psnr_channels, ssim_uniform": "as the releases of ERRNet's line and DURRNet count: mean of the PSNR of each "
    "channel; SSIM with scikit-image's usual window of 7 pixels",
    "exposed": "after the one factor in linear light, within 2 EV, that serves PSNR best",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How close a picture is to the truth; `exposed` is after the best global exposure."""

    psnr: float
    """dB; inf where the two are equal."""
    ssim: float
    delta_e: float
    """Mean Delta E 2000; 0 where the two are equal."""
    psnr_exposed: float
    ssim_exposed: float
    delta_e_exposed: float
    psnr_channels: float
    """Mean of the PSNR of each channel, dB: never below `psnr`."""
    ssim_uniform: float
    """SSIM under scikit-image's usual window."""
    lpips: float | None = None
    """0 where the two are equal; None without weights."""


def measure(picture: Tensor, truth: Tensor, lpips: Lpips | None = None) -> Figures:
    """Measure a (3, H, W) sRGB-encoded picture in [0, 1] against the truth; `ValueError` where it is too small."""
    exposed = best_exposure(picture, truth)
    return Figures(
        psnr=psnr(picture, truth),
        ssim=ssim(picture, truth),
        delta_e=delta_e(picture, truth),
        psnr_exposed=psnr(exposed, truth),
        ssim_exposed=ssim(exposed, truth),
        delta_e_exposed=delta_e(exposed, truth),
        psnr_channels=sum(psnr(one, other) for one, other in zip(picture, truth, strict=True)) / len(truth),
        ssim_uniform=ssim(picture, truth, "uniform"),
        lpips=None if lpips is None else lpips(picture, truth),
    )


@dataclass(frozen=True, slots=True)
class Sizing:
    """The size at which a pair is shown to a method and measured."""

    short_side: int | None = None
    """Larger pictures are shrunk to it; None: they keep their size."""
    multiple: int = 1
    """Both sides are then shrunk to multiples of it."""

    def __call__(self, picture: Tensor) -> Tensor:
        """Return a (3, H, W) picture in [0, 1] at that size, in steps of 1/255 as a file would hold it.

        Antialiased bilinear, as Pillow resizes. `ValueError` where nothing would be left.
        """
        size = self.size(picture.shape[-2], picture.shape[-1])
        if size == tuple(picture.shape[-2:]):
            return picture
        if not all(size):
            raise ValueError(f"a side of {tuple(picture.shape[-2:])} is below {self.multiple} pixels")
        small = F.interpolate(picture[None], size=size, mode="bilinear", antialias=True)[0]
        return (small.clamp(0, 1) * 255).round() / 255

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width that a picture gets."""
        scale = min(1.0, (self.short_side or min(height, width)) / min(height, width))
        high, wide = (round(side * scale) // self.multiple * self.multiple for side in (height, width))
        return high, wide

    def __str__(self) -> str:
        """Say it in words, for the report."""
        shrunk = f"shrunk to a short side of {self.short_side}" if self.short_side else "at their own size"
        more = f", then sides shrunk to multiples of {self.multiple}" if self.multiple > 1 else ""
        how = " (antialiased bilinear, 8 bit)" if self.short_side or more else ""
        return f"both pictures {shrunk}{more}{how}"
