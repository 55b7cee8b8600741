"""The lens: vignetting first, as light fell on the sensor, then the place of every pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame
from ..extras import require_lensfunpy
from ..parameters.lens import Lens
from .database import Shot, find_shot
from .model import Field, find_field, find_gain
from .resample import border_share, resample


class LensStage:
    """Takes out what the lens did to light in linear RGB; the frame is taken to be the whole picture of the sensor."""

    def __init__(self, parameters: Lens) -> None:
        require_lensfunpy()
        self.parameters = parameters

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame in its own space, size and orientation; layers and maps are treated like the pixels.

        Raises
        ------
        FrameError
            If camera or lens are not found and the recipe wants it so (`missing: fail`).
        """
        try:
            shot = find_shot(frame, self.parameters)
        except LookupError as error:
            if self.parameters.missing == "fail":
                raise FrameError(f"{frame.source.name}: lens not corrected: {error}") from error
            return frame.note(f"lens not corrected: {error}")
        frame = frame.note(_describe(shot))
        return self._move(self._brighten(frame, shot), shot)

    def _brighten(self, frame: Frame, shot: Shot) -> Frame:
        if not self.parameters.vignetting:
            return frame
        image = frame.image()
        gain = find_gain(shot, *image.shape[-2:])
        if gain is None:
            why = "the f-number is not known" if shot.aperture is None else "lensfun has none for this lens"
            return frame.note(f"vignetting not corrected: {why}")
        gain = gain.to(image)
        layers = {
            name: layer * gain if layer.shape[0] == 3 else layer for name, layer in frame.layers.items()
        }
        frame = replace(frame, pixels=image * gain, layers=MappingProxyType(layers))
        return frame.note(f"vignetting corrected: corners {float(gain[0, 0, 0]):.2f} times as bright")

    def _move(self, frame: Frame, shot: Shot) -> Frame:
        wanted = self.parameters
        if not wanted.distortion and not wanted.chromatic_aberration:
            return frame
        image = frame.image()
        field = self._field(shot, image)
        if field is None:
            return frame.note("distortion and aberration not corrected: lensfun has none for this lens")
        layers = {
            name: resample(layer, field if layer.shape[-2:] == image.shape[-2:] else self._known(shot, layer))
            for name, layer in frame.layers.items()
        }
        maps = {name: resample(one, self._known(shot, one)).clamp(0, 1) for name, one in frame.maps.items()}
        frame = replace(
            frame,
            pixels=resample(image, field),
            layers=MappingProxyType(layers),
            maps=MappingProxyType(maps),
        )
        return frame.note(*_moved(shot, field, wanted))

    def _field(self, shot: Shot, image: Tensor) -> Field | None:
        wanted = self.parameters
        return find_field(
            shot,
            *image.shape[-2:],
            distortion=wanted.distortion,
            aberration=wanted.chromatic_aberration,
            scale=0.0 if wanted.scale == "auto" else wanted.scale,
        )

    def _known(self, shot: Shot, image: Tensor) -> Field:
        field = self._field(shot, image)
        if field is None:
            raise ValueError("a lens has the same corrections at every size")
        return field


def _describe(shot: Shot) -> str:
    aperture = f", f/{shot.aperture:g}" if shot.aperture else ""
    return f"lens {shot.lens.model} at {shot.focal_length:g} mm{aperture}, subject at {shot.distance:g} m"


def _moved(shot: Shot, field: Field, wanted: Lens) -> tuple[str, ...]:
    has: Mapping[str, tuple[bool, object]] = {
        "distortion": (wanted.distortion, shot.lens.interpolate_distortion(shot.focal_length)),
        "chromatic aberration": (wanted.chromatic_aberration, shot.lens.interpolate_tca(shot.focal_length)),
    }
    said = [
        f"{name} {'corrected' if model is not None else 'not corrected: lensfun has none for this lens'}"
        for name, (asked, model) in has.items()
        if asked
    ]
    share = border_share(field)
    return (*said, *([f"{share:.2%} of the pixels lie outside the picture and are black"] if share else []))
