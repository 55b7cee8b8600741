"""The last stage: a picture, or one of its side layers, becomes a file.

In a finished picture the orientation is baked into the pixels, once, and the profile is that of the numbers written; a
DNG keeps the pixels as the sensor lies. The source's metadata travels along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch.nn.functional as F
from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Output
from ..dng.encode import encode_dng
from ..extras import require_openexr
from ..metadata.carry import carry
from ..orient import apply_orientation
from ..parameters import Encode
from .attach import SOFTWARE, attached_to_dng, notes, xmp_of
from .beside import final_path, write_beside
from .finished import finished_bytes
from .naming import MAIN, output_name

__all__ = ["SOFTWARE", "EncodeStage"]

SIDECAR = "sidecar"
"""Role of an XMP file beside a picture."""


class EncodeStage:
    """Write the frame or a layer beside its final name; the pixels of the frame stay as they are."""

    def __init__(self, parameters: Encode) -> None:
        self.parameters = parameters
        if parameters.format == "exr":
            require_openexr()

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame with one more output, and notes of what was clipped and by whom the metadata was copied;
        `FrameError` if it cannot be written.
        """
        final = final_path(frame, output_name(self.parameters, frame.naming), "`name:` of 'encode'")
        write = {"dng": self._dng, "xmp": self._sidecar}.get(self.parameters.format, self._finished)
        try:
            data, words = write(frame)
        except (ValueError, OSError) as error:
            raise FrameError(f"{frame.source}: {error}; {final.name} was not written") from error
        role = SIDECAR if self.parameters.format == "xmp" else self.parameters.layer or MAIN
        output = Output(temporary=write_beside(final, data), final=final, role=role)
        return replace(frame, outputs=(*frame.outputs, output)).note(*words)

    def _sidecar(self, frame: Frame) -> tuple[Sequence[bytes], Sequence[str]]:
        carried = carry(frame.source)
        packet = xmp_of(frame, carried)
        return [packet], notes(frame, carried, packet)

    def _finished(self, frame: Frame) -> tuple[Sequence[bytes], Sequence[str]]:
        pixels = apply_orientation(self._picture(frame), frame.metadata.orientation)
        is_figures = self.parameters.layer is not None and self.parameters.layer in frame.maps
        data, words = finished_bytes(frame, pixels, self.parameters, is_figures)
        return [data], words

    def _dng(self, frame: Frame) -> tuple[Sequence[bytes], Sequence[str]]:
        if self.parameters.layer in frame.maps:
            raise FrameError(
                f"{frame.source}: {self.parameters.layer!r} is a map of figures and not light, which a dng cannot "
                "hold; write it as tiff, png or jpeg"
            )
        carried = carry(frame.source)
        data, words = encode_dng(
            frame,
            self._light(frame),
            attached_to_dng(frame, carried),
            compression=self.parameters.compression,
            quality=self.parameters.quality,
        )
        return data, (*words, carried.note)

    def _picture(self, frame: Frame) -> Tensor:
        name = self.parameters.layer
        if name is not None and name in frame.maps:
            figures = F.interpolate(frame.maps[name][None], size=frame.image().shape[-2:], mode="bilinear")[0]
            return figures.expand(3, -1, -1)
        light = self._light(frame)
        return light.expand(3, -1, -1) if light.shape[0] == 1 else light

    def _light(self, frame: Frame) -> Tensor:
        name = self.parameters.layer
        if name is None:
            return frame.image()
        if name not in frame.layers:
            names = sorted({*frame.layers, *frame.maps})
            there = f"it has {', '.join(names)}" if names else "it has none"
            raise FrameError(
                f"{frame.source}: the frame has no layer {name!r} to write, {there}; "
                "list it under `keep:` of the stage 'separate'"
            )
        return frame.layers[name]
