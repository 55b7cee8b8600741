"""Photographs to train on: folders of finished pictures, cut into random crops."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..pipeline.errors import RecipeError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})


def list_photographs(folders: Sequence[Path]) -> list[Path]:
    """Return the pictures below the folders, sorted; `RecipeError` where a folder has none."""
    found: list[Path] = []
    for folder in folders:
        pictures = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
        if not pictures:
            raise RecipeError(f"{folder}: no photographs there; allowed are {', '.join(sorted(SUFFIXES))}")
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


class Photographs:
    """All pictures of some folders in memory, as random crops of one size."""

    def __init__(self, paths: Sequence[Path], size: int, short_side: int = 720) -> None:
        self.size = size
        self.pictures = [read_display(path, short_side) for path in paths]

    def crops(self, n: int, generator: Generator) -> Tensor:
        """Draw (n, 3, size, size) float32 crops in [0, 1], each of another random picture, scale and flip."""
        which = torch.randint(len(self.pictures), (n,), generator=generator)
        return torch.stack([self._crop(self.pictures[int(i)], generator) for i in which])

    def _crop(self, picture: Tensor, generator: Generator) -> Tensor:
        _, height, width = picture.shape
        u = torch.rand(5, generator=generator).tolist()
        side = min(height, width) * (0.35 + 0.65 * u[0]) if min(height, width) > self.size else self.size
        h = min(height, round(side))
        w = min(width, round(side * 1.35 ** (2 * u[1] - 1)))
        top, left = round(u[2] * (height - h)), round(u[3] * (width - w))
        crop = picture[None, :, top : top + h, left : left + w].float() / 255
        crop = F.interpolate(crop, size=(self.size, self.size), mode="bilinear", antialias=True)[0]
        return (crop.flip(-1) if u[4] < 0.5 else crop).clamp(0, 1)
