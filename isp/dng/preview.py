"""A small sRGB JPEG of a linear picture, for browsers and cameras' screens: the preview of a DNG.

Reference: DNG specification 1.7, chapter 2 "Preview images" (JPEG, YCbCr) and PreviewColorSpace.
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

import cv2
import imagecodecs
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...pipeline.frame import Frame, Space
from ..cfa import Pattern, is_monochrome
from ..colour.stage import ColourStage
from ..demosaic.blocks import block_size, superpixel
from ..encode.resize import fitted_size
from ..linearize.stage import LinearizeStage
from ..metadata.ifd_write import LONG, RATIONAL, SHORT, integers, rationals
from ..parameters import Colour, Linearize, Tone
from ..tone.stage import ToneStage
from .raw import (
    BITS,
    CHUNKY,
    COMPRESSION,
    JPEG,
    LENGTH,
    NEW_SUBFILE_TYPE,
    PHOTOMETRIC,
    PLANAR,
    ROWS_PER_STRIP,
    SAMPLES_PER_PIXEL,
    WIDTH,
    Picture,
    even,
)

LONG_SIDE = 1024
REDUCED, YCBCR = 1, 6
YCBCR_SUBSAMPLING, YCBCR_POSITIONING, REFERENCE_BLACK_WHITE, PREVIEW_COLOR_SPACE = 530, 531, 532, 50970
CENTERED, SRGB = 1, 2
BANDS = 64
"""Rows of the small picture that are made at once."""


def preview_picture(frame: Frame, light: Tensor, quality: int) -> Picture:
    """Develop a small picture and lay it out as a DNG's preview.

    Parameters
    ----------
    frame : Frame
        CFA_LINEAR, CAMERA_RGB or LINEAR_RGB: says what the numbers mean. It stays as it is.
    light : (1, H, W) or (3, H, W) float32
        What is shown: its pixels or a layer. Not rotated: the DNG's orientation counts for both pictures.
    quality : int
        JPEG quality, 1 to 100.
    """
    mosaic = frame.camera.cfa if light.shape[0] == 1 else None
    small = _shrink(_crop(light, frame), mosaic)
    space = Space.LINEAR_RGB if frame.space is Space.LINEAR_RGB else Space.CAMERA_RGB
    empty: MappingProxyType[str, Tensor] = MappingProxyType({})
    shown = replace(frame, pixels=small, space=space, layers=empty, maps=empty)
    if space is Space.CAMERA_RGB:
        shown = ColourStage(Colour(working_space="sRGB"))(LinearizeStage(Linearize())(shown))
    display = ToneStage(Tone())(shown).image().clamp(0, 1) * 255
    samples = np.ascontiguousarray(display.round().permute(1, 2, 0).cpu().numpy().astype(np.uint8))
    data = bytes(imagecodecs.jpeg8_encode(samples, level=quality, subsampling="444", optimize=True))
    return _picture(samples.shape[0], samples.shape[1], data)


def _crop(light: Tensor, frame: Frame) -> Tensor:
    """What the maker shows, from whole cells of the mosaic on."""
    crop = fitting_crop(frame, light)
    if crop is None:
        return light
    cell = 1 if light.shape[0] == 3 or frame.camera.cfa is None else len(frame.camera.cfa)
    top, left = crop[0] // cell * cell, crop[1] // cell * cell
    return light[:, top : crop[0] + crop[2], left : crop[1] + crop[3]]


def fitting_crop(frame: Frame, light: Tensor) -> tuple[int, int, int, int] | None:
    """The maker's crop, where the pixels still have the size that it was given for."""
    crop = frame.camera.crop
    if crop is None or crop[0] + crop[2] > light.shape[1] or crop[1] + crop[3] > light.shape[2]:
        return None
    return crop


def _shrink(light: Tensor, cfa: Pattern | None) -> Tensor:
    """Average areas down to the long side, a few rows at a time; a mosaic gives one pixel for each cell."""
    block = 1 if cfa is None or is_monochrome(cfa) else block_size(cfa)
    height, width = light.shape[1] // block, light.shape[2] // block
    step = max(1, max(height, width) // LONG_SIDE)
    rows = BANDS * step * math.lcm(block, len(cfa) if cfa is not None else 1)
    bands = [light[:, start : start + rows] for start in range(0, light.shape[1], rows)]
    least = block * step
    small = [_small(band, cfa, step) for band in bands if band.shape[1] >= least or band is bands[0]]
    return _exact(torch.cat(small, dim=1))


def _small(band: Tensor, cfa: Pattern | None, step: int) -> Tensor:
    colours = band if cfa is None else superpixel(band, cfa)
    step = min(step, colours.shape[1], colours.shape[2])
    return colours if step == 1 else avg_pool2d(colours, step)


def _exact(pixels: Tensor) -> Tensor:
    height, width = fitted_size(pixels.shape[1], pixels.shape[2], LONG_SIDE)
    if (height, width) == tuple(pixels.shape[1:]):
        return pixels
    image = np.ascontiguousarray(pixels.permute(1, 2, 0).cpu().numpy())
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1)))


def _picture(height: int, width: int, data: bytes) -> Picture:
    entries = (
        integers(NEW_SUBFILE_TYPE, LONG, REDUCED),
        integers(WIDTH, LONG, width),
        integers(LENGTH, LONG, height),
        integers(BITS, SHORT, 8, 8, 8),
        integers(COMPRESSION, SHORT, JPEG),
        integers(PHOTOMETRIC, SHORT, YCBCR),
        integers(SAMPLES_PER_PIXEL, SHORT, 3),
        integers(PLANAR, SHORT, CHUNKY),
        integers(ROWS_PER_STRIP, LONG, height),
        integers(YCBCR_SUBSAMPLING, SHORT, 1, 1),
        integers(YCBCR_POSITIONING, SHORT, CENTERED),
        rationals(REFERENCE_BLACK_WHITE, RATIONAL, 0, 255, 128, 255, 128, 255),
        integers(PREVIEW_COLOR_SPACE, LONG, SRGB),
    )
    return Picture(entries=entries, pieces=(even(data),), tiled=False)
