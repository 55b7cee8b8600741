"""Panoramas of light, as reflected scenes: lamps and suns as much brighter than walls as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Generator, Tensor

from ..isp.tone.curves import encode_curve
from ..pipeline.errors import RecipeError
from .exr import read_exr

SUFFIXES = frozenset({".hdr", ".exr"})
VIEW = (40.0, 90.0)
"""Angle of view of a crop, degrees: what a pane reflects is seen by the lens that sees the pane."""
PITCH = (-20.0, 25.0)
"""Degrees above the horizon."""
EXPOSED, LEVEL = 0.9, 0.8
"""Quantile of the brightest colour of a crop, and what exposure makes of it."""
CEILING = 256.0
"""Light is cut here: 4 per cent of it, which is what one surface reflects, is already ten times white."""
WIDEST = 4096
"""Wider panoramas are shrunk; a crop takes a ninth to a quarter of the width."""


def read_panorama(path: Path) -> Tensor:
    """Read an equirectangular panorama, Radiance .hdr or OpenEXR, as (3, H, W) float32 linear RGB, at least 0.

    Raises
    ------
    RecipeError
        If it cannot be read, or is not twice as wide as high.
    EnvironmentFailure
        If an OpenEXR file is given and the package OpenEXR is not installed.
    """
    picture = read_exr(path) if path.suffix.lower() == ".exr" else _read_hdr(path)
    height, width = picture.shape[:2]
    if width != 2 * height:
        raise RecipeError(f"{path}: is {width} x {height}; a panorama is twice as wide as high")
    if width > WIDEST:
        picture = np.asarray(cv2.resize(picture, (WIDEST, WIDEST // 2), interpolation=cv2.INTER_AREA))
    usable = np.nan_to_num(picture, nan=0.0, posinf=float(np.finfo(np.float32).max))
    return torch.from_numpy(np.ascontiguousarray(usable.transpose(2, 0, 1))).float().clamp(min=0)


class Panoramas:
    """Panoramas in memory, as views of random direction and angle."""

    def __init__(self, paths: Sequence[Path], size: int, device: torch.device | None = None) -> None:
        self.size = size
        self.pictures = [read_panorama(path).to(device or "cpu") for path in paths]

    def views(self, n: int, generator: Generator) -> Tensor:
        """Draw views, each of another random panorama, exposed by itself.

        Returns
        -------
        (n, 3, size, size) float32
            sRGB-encoded; light above white is above 1, by the same curve, up to `CEILING` in linear light. Directions
            depend on the generator, on the CPU, alone.
        """
        which = torch.randint(len(self.pictures), (n,), generator=generator)
        return torch.stack([self._view(self.pictures[int(i)], generator) for i in which])

    def _view(self, picture: Tensor, generator: Generator) -> Tensor:
        u = torch.rand(4, generator=generator).tolist()
        yaw, view = 2 * math.pi * u[0], math.radians(VIEW[0] + (VIEW[1] - VIEW[0]) * u[2])
        pitch = math.radians(PITCH[0] + (PITCH[1] - PITCH[0]) * u[1])
        crop = look(picture, self.size, yaw, pitch, view)
        level = torch.quantile(crop.amax(0).flatten(), EXPOSED).clamp(min=1e-6)
        exposed = (crop * (LEVEL / level)).clamp(max=CEILING)
        return encode_curve(exposed.flip(-1) if u[3] < 0.5 else exposed, "srgb")


def look(panorama: Tensor, size: int, yaw: float, pitch: float, view: float) -> Tensor:
    """Look into an equirectangular panorama with a pinhole camera.

    Parameters
    ----------
    panorama : (C, H, 2 H) float32
        Its middle is ahead, its upper border above.
    size : int
        Side of the picture, pixels.
    yaw, pitch, view : float
        Turn to the right, upwards, and angle of view across the picture; radians.

    Returns
    -------
    (C, size, size) float32
        Interpolated linearly; the panorama's left and right borders meet.
    """
    width = panorama.shape[-1]
    span = torch.arange(1.0 - size, size, 2, device=panorama.device) / size * math.tan(view / 2)
    x, y = span.expand(size, size), -span[:, None].expand(size, size)
    up = y * math.cos(pitch) + math.sin(pitch)
    ahead = math.cos(pitch) - y * math.sin(pitch)
    turn = (torch.atan2(x, ahead) + yaw + math.pi) / (2 * math.pi) % 1
    rise = torch.atan2(up, (x**2 + ahead**2).sqrt()) / (math.pi / 2)
    around = F.pad(panorama[None], (1, 1, 0, 0), mode="circular")
    columns = (turn * width + 1) / (width + 2) * 2 - 1
    return F.grid_sample(
        around, torch.stack([columns, -rise], -1)[None], padding_mode="border", align_corners=False
    )[0]


def _read_hdr(path: Path) -> NDArray[np.float32]:
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    if picture is None:
        raise RecipeError(f"{path}: not a panorama that OpenCV can read")
    return np.asarray(picture, np.float32)
