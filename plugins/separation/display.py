"""The display picture that a method sees together with the mosaic."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch.nn.functional as F
from torch import Tensor

from ...isp.cfa import describe_pattern, is_bayer, is_monochrome
from ...isp.colour.stage import ColourStage
from ...isp.decode.preview import lay_as_sensor, read_beside, read_embedded, resize_display, same_aspect
from ...isp.demosaic.stage import DemosaicStage
from ...isp.parameters import Colour, Demosaic, Tone
from ...isp.tone.stage import ToneStage
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space
from .packing import Pattern
from .shows import Picture

PRIMARIES, CURVE = "sRGB", "srgb"
Part = tuple[int, int, int, int]
"""Row, column, height and width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A display picture of a frame."""

    pixels: Tensor
    """(3, h, w) float32, sRGB-encoded, [0, 1], lying as the mosaic does."""
    notes: tuple[str, ...]


def bayer_pattern(frame: Frame, who: str) -> Pattern:
    """Return the pattern of a Bayer mosaic of at least 2 x 2 pixels; `FrameError`, naming `who`, of other frames."""
    cfa = frame.camera.cfa
    if frame.space is not Space.CFA_LINEAR or cfa is None:
        found = "has three colours at every pixel"
    elif not is_bayer(cfa):
        found = f"is {'' if is_monochrome(cfa) else 'a '}{describe_pattern(cfa)}"
    elif min(frame.image().shape[-2:]) < 2:
        found = f"is {frame.image().shape[-1]} x {frame.image().shape[-2]} pixels, less than one cell"
    else:
        return cfa
    raise FrameError(f"{frame.source}: {who} takes Bayer mosaics, and this frame {found}; use another recipe")


def show(frame: Frame, picture: Picture, height: int, width: int) -> Shown:
    """Return the display picture of a linear Bayer mosaic at a size.

    Raises
    ------
    FrameError
        If there is no such picture, or its aspect is another one than the mosaic's.
    """
    if picture == "rendered":
        return _rendered(frame, height, width)
    found = read_embedded(frame.source) if picture == "embedded" else read_beside(frame.source)
    whole = (0, 0, *frame.image().shape[-2:])
    part = frame.camera.crop or whole
    if not same_aspect(found, part, frame.metadata.orientation):
        part = whole
    seen = frame.image()[:, part[0] : part[0] + part[2], part[1] : part[1] + part[3]]
    found = lay_as_sensor(found, seen, frame.metadata.orientation, frame.source)
    rows, columns = found.pixels.shape[-2:]
    said = f"display picture: {found.name}, {columns} x {rows}"
    if height > rows or width > columns:
        said += f", scaled up to {width} x {height}"
    if part != whole:
        said += "; the rim that the maker crops repeats its border"
    pixels = _placed(found.pixels.to(frame.image().device), part, whole, height, width)
    return Shown(pixels=pixels, notes=(said, *found.notes))


def _placed(pixels: Tensor, part: Part, whole: Part, height: int, width: int) -> Tensor:
    """Bring a picture of a part of the sensor to the size at which the whole is height x width."""
    down, right = height / whole[2], width / whole[3]
    top, bottom = round(part[0] * down), round((part[0] + part[2]) * down)
    left, end = round(part[1] * right), round((part[1] + part[3]) * right)
    inner = resize_display(pixels, max(1, bottom - top), max(1, end - left))
    rim = (left, width - left - inner.shape[-1], top, height - top - inner.shape[-2])
    return F.pad(inner[None], rim, mode="replicate")[0]


def develop(frame: Frame, algorithm: Demosaic) -> Frame:
    """Return the frame and its side layers in sRGB: as-shot white balance, auto exposure."""
    frame = ColourStage(Colour(working_space=PRIMARIES))(DemosaicStage(algorithm)(frame))
    return ToneStage(Tone(exposure="auto", curve=CURVE, output_space=PRIMARIES))(frame)


def _rendered(frame: Frame, height: int, width: int) -> Shown:
    rows, columns = frame.image().shape[-2:]
    small = height <= rows // 2 and width <= columns // 2
    bare = replace(frame, layers={}, notes=())
    done = develop(bare, Demosaic(algorithm="superpixel" if small else "auto"))
    pixels = resize_display(done.image().clamp(0, 1), height, width)
    return Shown(pixels=pixels, notes=tuple(f"display picture: {note}" for note in done.notes))
