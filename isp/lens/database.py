"""Which lens took a frame, looked up in the database that lensfunpy brings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ...pipeline.frame import Frame
from ..parameters.lens import Lens

FAR = 1000.0
"""Metres, where a file does not tell the distance: lensfun's own default."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A lens of the database and how it was set."""

    lens: Any
    """`lensfunpy.Lens`."""
    crop: float
    """Crop factor of the camera."""
    focal_length: float
    """mm."""
    aperture: float | None
    """f-number; None: unknown."""
    distance: float
    """m."""


@cache
def database() -> Any:
    """Return the database of the package alone, so that a result does not depend on what else is installed."""
    import lensfunpy

    return lensfunpy.Database(load_common=False)


def find_shot(frame: Frame, parameters: Lens) -> Shot:
    """Find camera, lens and setting of a frame from the parameters and, for what they leave out, from EXIF.

    Raises
    ------
    LookupError
        If a camera or lens is not in the database or could be several, or the focal length is not known; it says which.
    """
    tags = frame.metadata.tags
    make = parameters.make or str(tags.get("Make") or frame.camera.make)
    model = parameters.model or str(tags.get("Model") or frame.camera.model)
    camera = _camera(make, model)
    lens = _lens(camera, parameters.lens or str(tags.get("LensModel") or ""), model)
    focal = parameters.focal_length or _number(tags, "FocalLength")
    if focal is None and lens.min_focal == lens.max_focal:
        focal = lens.min_focal
    if not focal:
        raise LookupError(f"the focal length of {lens.model!r} is not known; give it as focal_length")
    return Shot(
        lens=lens,
        crop=camera.crop_factor,
        focal_length=focal,
        aperture=parameters.aperture or _number(tags, "FNumber"),
        distance=parameters.distance or _number(tags, "SubjectDistance") or FAR,
    )


def _camera(make: str, model: str) -> Any:
    if not model:
        raise LookupError("the file names no camera; give make and model")
    cameras = database().find_cameras(make or None, model)
    if len(cameras) != 1:
        raise LookupError(f"{_count(cameras, 'camera')} {model!r} of {make!r}{_names(cameras)}")
    return cameras[0]


def _lens(camera: Any, name: str, model: str) -> Any:
    """The best match, where it is the only best one."""
    lenses = database().find_lenses(camera, None, name or None)
    if not name:
        # Without a name a camera with a mount matches every lens for it; one with a fixed lens matches that.
        if len(lenses) != 1:
            raise LookupError(f"the file names no lens and {model!r} has no fixed one; give it as lens")
        return lenses[0]
    best = [one for one in lenses if one.score == lenses[0].score]
    if len(best) > 1:
        best = [one for one in best if one.model.casefold() == name.casefold()] or best
    models = {one.model for one in best}
    if len(models) != 1:
        raise LookupError(f"{_count(best, 'lens')} {name!r} for {model!r}{_names(best)}")
    # The same lens may be calibrated for several sensor sizes: the nearest one that is not smaller than this sensor.
    return min(
        best,
        key=lambda one: (
            one.crop_factor > camera.crop_factor + 0.05,
            abs(one.crop_factor - camera.crop_factor),
        ),
    )


def _count(found: Sequence[Any], what: str) -> str:
    return f"several {'lenses' if what == 'lens' else 'cameras'} match" if found else f"lensfun has no {what}"


def _names(found: Sequence[Any]) -> str:
    names = list(dict.fromkeys(f"{one.model} {getattr(one, 'variant', '') or ''}".strip() for one in found))
    return f": {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}" if names else ""


def _number(tags: Mapping[str, Any], name: str) -> float | None:
    try:
        value = float(tags[name])
    except (KeyError, TypeError, ValueError):
        return None
    return value if 0 < value < math.inf else None
