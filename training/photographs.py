"""Photographs to train on: folders of finished pictures and of RAW files, cut into random crops."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..pipeline.errors import RecipeError
from ..pipeline.inputs import RAW_SUFFIXES

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})
SHORT_SIDE = 720
"""Of pictures that are kept in memory, pixels."""


def list_photographs(folders: Sequence[Path], suffixes: Collection[str] = SUFFIXES) -> list[Path]:
    """Return the pictures below the folders, sorted; `RecipeError` where a folder has none."""
    found: list[Path] = []
    for folder in folders:
        pictures = sorted(p for p in folder.rglob("*") if p.suffix.lower() in suffixes)
        if not pictures:
            raise RecipeError(f"{folder}: no photographs there; allowed are {', '.join(sorted(suffixes))}")
        found += pictures
    return found


def read_display(path: Path, short_side: int | None = None) -> Tensor:
    """Read a picture as (3, H, W) uint8 sRGB, shrunk so that its short side is at most `short_side` pixels."""
    data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise RecipeError(f"{path}: not a picture that OpenCV can read")
    if short_side and min(picture.shape[:2]) > short_side:
        scale = short_side / min(picture.shape[:2])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))


def read_source(path: Path, short_side: int) -> Tensor:
    """Read a photograph as `read_display` does, a RAW file as `raws.read_scene` does."""
    if path.suffix.lower() not in RAW_SUFFIXES:
        return read_display(path, short_side)
    from .raws import read_scene

    return read_scene(path, short_side)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, and whether it is mirrored."""

    top: int
    left: int
    height: int
    width: int
    flip: bool

    def cut(self, picture: Tensor, size: int) -> Tensor:
        """Cut it out of (C, H, W), uint8 or sRGB-encoded float, as (C, size, size) float32, uint8 scaled to [0, 1]."""
        full, top = (255, 1.0) if picture.dtype is torch.uint8 else (1, None)
        part = picture[None, :, self.top : self.top + self.height, self.left : self.left + self.width]
        crop = F.interpolate(part.float() / full, size=(size, size), mode="bilinear", antialias=True)[0]
        return (crop.flip(-1) if self.flip else crop).clamp(0.0, top)


def draw_window(picture: Tensor, size: int, generator: Generator) -> Window:
    """Draw a part of (..., H, W): place, scale and flip; 35 to 100 % of the short side, and nearly square."""
    height, width = picture.shape[-2:]
    u = torch.rand(5, generator=generator).tolist()
    side = min(height, width) * (0.35 + 0.65 * u[0]) if min(height, width) > size else size
    h = min(height, round(side))
    w = min(width, round(side * 1.35 ** (2 * u[1] - 1)))
    return Window(round(u[2] * (height - h)), round(u[3] * (width - w)), h, w, u[4] < 0.5)


class Photographs:
    """All pictures of some files in memory, or in that of the device, as random crops of one size."""

    def __init__(
        self,
        paths: Sequence[Path],
        size: int,
        short_side: int = SHORT_SIDE,
        device: torch.device | None = None,
    ) -> None:
        self.size = size
        self.pictures = [read_source(path, short_side).to(device or "cpu") for path in paths]

    def crops(self, n: int, generator: Generator) -> Tensor:
        """Draw crops, each of another random picture, scale and flip.

        Returns
        -------
        (n, 3, size, size) float32
            sRGB-encoded in [0, 1]; light of RAW files that is above white is above 1. Places depend on the
            generator, on the CPU, alone.
        """
        which = torch.randint(len(self.pictures), (n,), generator=generator)
        return torch.stack([self._crop(self.pictures[int(i)], generator) for i in which])

    def _crop(self, picture: Tensor, generator: Generator) -> Tensor:
        return draw_window(picture, self.size, generator).cut(picture, self.size)
