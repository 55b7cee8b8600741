"""Reading OpenEXR files, where the package OpenEXR is installed."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..pipeline.errors import EnvironmentFailure, RecipeError


def read_exr(path: Path) -> NDArray[np.float32]:
    """Read the first layer of an OpenEXR file as (H, W, 3) linear RGB.

    Raises
    ------
    EnvironmentFailure
        If the package is not installed.
    RecipeError
        If the file cannot be read or has no three colours.
    """
    try:
        openexr: Any = importlib.import_module("OpenEXR")
    except ImportError as error:
        raise EnvironmentFailure(
            f"{path.name}: panoramas need the package OpenEXR; install it with `pip install OpenEXR`"
        ) from error
    try:
        pixels = next(iter(openexr.File(str(path)).channels().values())).pixels
    except (RuntimeError, ValueError, TypeError, LookupError, OSError) as error:
        raise RecipeError(f"{path}: not a picture that OpenEXR can read: {error}") from error
    if pixels.ndim != 3 or pixels.shape[2] < 3:
        raise RecipeError(f"{path}: has no red, green and blue")
    return np.asarray(pixels[..., :3], np.float32)
