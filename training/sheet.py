"""A sheet of pictures to look at: what went in, what came out, what it should be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from ..pipeline.errors import EnvironmentFailure

Row = tuple[Tensor, Tensor, Tensor]
"""Photograph through glass, answer, truth: (3, H, W) sRGB-encoded in [0, 1] each."""
TILE = 192
_GAP = 4
_GREY = 40


def write_sheet(rows: Sequence[Sequence[Tensor]], path: Path) -> None:
    """Write rows of as many pictures as a PNG, each picture shrunk into a square of 192 pixels."""
    lines = [np.concatenate([_tile(picture) for picture in row], 1) for row in rows]
    done, data = cv2.imencode(".png", np.concatenate(lines, 0)[:, :, ::-1])
    if not done:
        raise EnvironmentFailure(f"{path}: the sheet of pictures could not be encoded")
    path.write_bytes(data.tobytes())


def _tile(picture: Tensor) -> np.ndarray:
    values = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    scale = TILE / max(values.shape[:2])
    size = [max(1, round(side * scale)) for side in values.shape[1::-1]]
    small = cv2.resize(np.ascontiguousarray(values), size, interpolation=cv2.INTER_AREA)
    tile = np.full((TILE + _GAP, TILE + _GAP, 3), _GREY, np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    return tile
