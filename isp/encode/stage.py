"""The last stage: a picture, or one of its side layers, becomes a file.

In a finished picture the orientation is baked into the pixels, once, and the profile is that of the numbers written; a
DNG keeps the pixels as the sensor lies. EXIF travels along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from ... import __version__
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Output, Space
from ..dng.encode import encode_dng
from ..metadata.exif_write import ExifEntries, exif_entries
from ..orient import apply_orientation
from ..parameters import Encode
from .beside import final_path, write_beside
from .icc import icc_profile
from .naming import output_name
from .resize import shrink
from .writers import Samples, jpeg_bytes, png_bytes, tiff_bytes

SOFTWARE = f"unveil {__version__}"
FLOAT = 32
"""Depth of samples in floating point, which are not clipped."""
MAIN = "transmission"
"""Role of the frame itself."""


def quantise(pixels: Tensor, depth: int) -> tuple[Samples, float, float]:
    """Round display values to whole samples.

    Parameters
    ----------
    pixels : (3, H, W) float32
        Display values; below 0 and above 1 is clipped.
    depth : int
        8 or 16 bits.

    Returns
    -------
    samples : (H, W, 3) uint8 or uint16
        Rounded to the nearest, 1 is the highest.
    below, above : float
        Shares of the samples that clipping changed by more than rounding does.

    Raises
    ------
    ValueError
        If a value is not a number.
    """
    if bool(pixels.isnan().any()):
        raise ValueError("the picture holds values that are not numbers")
    top = 2**depth - 1
    half_step = 0.5 / top
    below = float((pixels < -half_step).float().mean())
    above = float((pixels > 1 + half_step).float().mean())
    whole = (pixels.clamp(0, 1) * top).round().permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(whole.astype(np.uint8 if depth == 8 else np.uint16)), below, above


def unclipped(pixels: Tensor) -> Samples:
    """Return (3, H, W) float32 values of any range as (H, W, 3) samples; `ValueError` if one is not finite."""
    if not bool(pixels.isfinite().all()):
        raise ValueError("the picture holds values that are not numbers")
    return np.ascontiguousarray(pixels.permute(1, 2, 0).cpu().numpy())


class EncodeStage:
    """Write the frame or a layer beside its final name; the pixels of the frame stay as they are."""

    def __init__(self, parameters: Encode) -> None:
        self.parameters = parameters
        self.depth = parameters.depth or (8 if parameters.format == "jpeg" else 16)

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame with one more output and a note of what was clipped; `FrameError` if it cannot be
        written.
        """
        final = final_path(frame, output_name(self.parameters, frame.source.stem), "`name:` of 'encode'")
        write = self._dng if self.parameters.format == "dng" else self._finished
        data, words = write(frame, final)
        role = self.parameters.layer or MAIN
        output = Output(temporary=write_beside(final, data), final=final, role=role)
        return replace(frame, outputs=(*frame.outputs, output)).note(*words)

    def _finished(self, frame: Frame, final: Path) -> tuple[Sequence[bytes], Sequence[str]]:
        pixels = apply_orientation(self._picture(frame), frame.metadata.orientation)
        if self.parameters.fit is not None:
            pixels = shrink(pixels, self.parameters.fit, _curve(frame))
        try:
            if self.depth == FLOAT:
                samples, below, above = unclipped(pixels), 0.0, 0.0
            else:
                samples, below, above = quantise(pixels, self.depth)
        except ValueError as error:
            raise FrameError(f"{frame.source}: {error}; {final.name} was not written") from error
        return [self._encoded(frame, samples, final)], [self._words(samples, below, above)]

    def _dng(self, frame: Frame, final: Path) -> tuple[Sequence[bytes], Sequence[str]]:
        if self.parameters.layer in frame.maps:
            raise FrameError(
                f"{frame.source}: {self.parameters.layer!r} is a map of figures and not light, which a dng cannot "
                "hold; write it as tiff, png or jpeg"
            )
        try:
            return encode_dng(
                frame,
                self._light(frame),
                compression=self.parameters.compression,
                quality=self.parameters.quality,
            )
        except ValueError as error:
            raise FrameError(f"{frame.source}: {error}; {final.name} was not written") from error

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

    def _encoded(self, frame: Frame, samples: Samples, final: Path) -> bytes:
        icc = icc_profile(frame.primaries, _curve(frame)) if self.parameters.icc == "embed" else None
        exif = self._exif(frame, samples)
        try:
            if self.parameters.format == "tiff":
                return tiff_bytes(samples, exif, icc)
            if self.parameters.format == "png":
                return png_bytes(samples, exif, icc)
            return jpeg_bytes(samples, exif, icc, self.parameters.quality)
        except (ValueError, RuntimeError) as error:
            size = f"{samples.shape[1]}x{samples.shape[0]}"
            raise FrameError(
                f"{final}: a {size} picture cannot be written as {self.parameters.format}: {error}"
            ) from error

    def _exif(self, frame: Frame, samples: Samples) -> ExifEntries:
        height, width = (0, 0) if self.parameters.format == "tiff" else samples.shape[:2]
        srgb = frame.primaries == "sRGB" and frame.curve == "srgb"
        return exif_entries(frame.metadata.tags, software=SOFTWARE, width=width, height=height, srgb=srgb)

    def _words(self, samples: Samples, below: float, above: float) -> str:
        bits = "32 bits, floating point" if self.depth == FLOAT else f"{self.depth} bits"
        size = f"{samples.shape[1]}x{samples.shape[0]}, {bits}"
        if not below and not above:
            return f"{size}, nothing clipped"
        return f"{size}, clipped: {below:.2%} of the samples below black, {above:.2%} above white"


def _curve(frame: Frame) -> str:
    return frame.curve if frame.space is Space.DISPLAY_RGB else "linear"
