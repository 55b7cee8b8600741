"""RAW files to train on: developed by our own pipeline to scene-linear light, kept small."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..isp.tone.curves import encode_curve

if TYPE_CHECKING:
    from ..pipeline.develop import Step
    from ..pipeline.registry import Registry

CHAIN: tuple[tuple[str, dict[str, str]], ...] = (
    ("decode", {}),
    ("linearize", {"highlights": "clip"}),
    ("demosaic", {"algorithm": "superpixel"}),  # pictures are shrunk anyway
    ("colour", {"white_balance": "as-shot", "working_space": "sRGB"}),
)
EXPOSED = 0.98
"""Quantile of the brightest colour that exposure brings to 1."""
MOST_GAIN = 8.0
"""Exposure is raised by no more, so that noise does not become the picture."""
VERSION = 1
"""Of what is cached; raised with every change of this file that changes pictures."""


def read_scene(path: Path, short_side: int) -> Tensor:
    """Develop a RAW file to scene-linear light and keep the result for the next time.

    White balance as shot, primaries of sRGB, upright, exposed so that its 98th percentile is 1; no tone curve, no
    sharpening. Colours outside of sRGB are clipped at 0, highlights where the sensor was full.

    Parameters
    ----------
    path : Path
        Whatever `unveil run` decodes.
    short_side : int
        Pixels; larger pictures are shrunk by averaging their light.

    Returns
    -------
    (3, H, W) float16
        sRGB-encoded for precision, at least 0; light above white is above 1, by the same curve.

    Raises
    ------
    FrameError
        If the file cannot be decoded.
    """
    kept = cache_folder() / f"{_key(path, short_side)}.npy"
    found = _load(kept)
    if found is None:
        found = _encoded(_shrunk(_develop(path), short_side))
        _keep(found, kept)
    return torch.from_numpy(found)


def cache_folder() -> Path:
    """Return where developed scenes are kept: `UNVEIL_CACHE`, else in the user's cache folder."""
    if folder := os.environ.get("UNVEIL_CACHE"):
        return Path(folder) / "scenes"
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(caches) / "unveil" / "scenes"


def _key(path: Path, short_side: int) -> str:
    """Name what is cached by the file's place, size and time, not by its content, which is large."""
    state = path.stat()
    facts = (VERSION, path.resolve(), state.st_size, state.st_mtime_ns, short_side)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _load(kept: Path) -> NDArray[np.float16] | None:
    try:
        found = np.load(kept, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # not there, or not whole: it is made again
        return None
    return np.asarray(found, np.float16) if found.ndim == 3 and found.shape[0] == 3 else None


def _keep(found: NDArray[np.float16], kept: Path) -> None:
    """Write all or nothing; where there is no room or no right to write, the next training develops it again."""
    part = kept.with_name(f"{kept.stem}.{os.getpid()}.part")
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.save(file, found, allow_pickle=False)
        part.replace(kept)
    with suppress(OSError):
        part.unlink()


def _develop(path: Path) -> Tensor:
    """Return (3, H, W) float32 linear sRGB, upright."""
    from ..isp.orient import apply_orientation
    from ..pipeline.develop import run_step
    from ..pipeline.frame import Frame

    registry, steps = _pipeline()
    frame = Frame(source=path)
    for step in steps:
        frame = run_step(step, registry, frame, "cpu")
    return apply_orientation(frame.image(), frame.metadata.orientation)


@cache
def _pipeline() -> tuple[Registry, list[Step]]:
    from ..pipeline.registry import build_registry
    from ..pipeline.single import build_stage

    registry = build_registry()
    return registry, [build_stage(registry, name, "cpu", **parameters) for name, parameters in CHAIN]


def _shrunk(linear: Tensor, short_side: int) -> NDArray[np.float32]:
    picture = np.ascontiguousarray(linear.permute(1, 2, 0).numpy(), np.float32)
    scale = short_side / min(picture.shape[:2])
    if scale < 1:
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return picture


def _encoded(linear: NDArray[np.float32]) -> NDArray[np.float16]:
    level = max(float(np.quantile(linear.max(2), EXPOSED)), 1 / MOST_GAIN)
    planes = torch.from_numpy(np.ascontiguousarray(linear.transpose(2, 0, 1)))
    return encode_curve((planes / level).clamp(min=0), "srgb").half().numpy()
