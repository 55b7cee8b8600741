"""An upright picture to the bytes of a file: its size, its colours, its samples, its format."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from ...pipeline.frame import Frame, Space
from ..bands import by_bands
from ..colour.stage import apply_matrix, rgb_to_rgb
from ..metadata.carry import Carried, carry
from ..parameters import Encode
from ..tone.curves import decode_curve
from .attach import SOFTWARE, attached, notes, xmp_of
from .exr import exr_bytes
from .jxl_header import can_say
from .profiles import Colour, convert, named, target_of
from .resize import shrink
from .samples import NONE, clipping_words, quantise, unclipped
from .writers import (
    LOSSLESS,
    Samples,
    avif_bytes,
    jpeg_bytes,
    jxl_bytes,
    lossy_jxl_bytes,
    png_bytes,
    tiff_bytes,
)

LINEAR = "linear"


def finished_bytes(
    frame: Frame, pixels: Tensor, parameters: Encode, is_figures: bool = False
) -> tuple[bytes, Sequence[str]]:
    """Return a file of (3, H, W) pixels, upright, in the colours of the frame, and what has to be said of it.

    `is_figures`: they have no colour, and stay as they are. `ValueError` or `OSError` if it cannot be made.
    """
    own = named(frame.primaries, frame.curve if frame.space is Space.DISPLAY_RGB else LINEAR)
    target = own if is_figures else target_of(parameters, own)
    if parameters.fit is not None:
        pixels = shrink(pixels, parameters.fit, own.curve)
    pixels = convert(pixels, own, target, parameters.intent, parameters.black_point_compensation)
    carried = carry(frame.source)
    if parameters.floats:
        samples, below, above = unclipped(pixels, parameters.bits), NONE, NONE
    else:
        samples, below, above = quantise(pixels, parameters.bits)
    try:
        data = _encoded(frame, pixels, samples, parameters, target, carried)
    except (ValueError, RuntimeError) as error:
        size = f"{samples.shape[1]}x{samples.shape[0]}"
        raise ValueError(f"a {size} picture cannot be written as {parameters.format}: {error}") from error
    words = [f"{_size_words(samples, parameters)}, {clipping_words(below, above)}"]
    if target != own:
        words.append(_conversion_words(parameters, target))
    return data, [*words, *notes(frame, carried, xmp_of(frame, carried))]


def _encoded(
    frame: Frame, pixels: Tensor, samples: Samples, parameters: Encode, target: Colour, carried: Carried
) -> bytes:
    kind = parameters.format
    if kind == "exr":
        return exr_bytes(samples, target.space, frame.metadata.tags, SOFTWARE, xmp_of(frame, carried))
    icc = None if parameters.icc == "none" else target.profile
    size = (0, 0) if kind == "tiff" else (samples.shape[0], samples.shape[1])
    srgb = (target.space, target.curve) == ("sRGB", "srgb")
    more = attached(frame, carried, icc, size, srgb)
    if kind == "tiff":
        return tiff_bytes(samples, more)
    if kind == "png":
        return png_bytes(samples, more)
    if kind == "avif":
        return avif_bytes(samples, more, parameters.quality, parameters.bits, parameters.subsampling)
    if kind == "jpeg":
        return jpeg_bytes(samples, more, parameters.quality, parameters.progressive, parameters.subsampling)
    lossless = parameters.quality == LOSSLESS
    if not can_say(target.curve) and not (lossless and icc):
        raise ValueError(
            f"a jxl has no numbers for the curve {target.curve!r}; name another space under `icc`, or let a lossless "
            f"one (quality {LOSSLESS}) embed its profile"
        )
    if lossless:
        return jxl_bytes(samples, more, target.space, target.curve)
    return lossy_jxl_bytes(
        _linear_srgb(pixels, target), more, parameters.quality, parameters.bits, target.space, target.curve
    )


def _linear_srgb(pixels: Tensor, colour: Colour) -> Samples:
    """Display values, clipped to what the file can hold, to linear light in sRGB primaries, (H, W, 3) float32."""
    matrix = rgb_to_rgb(colour.space, "sRGB")

    def change(band: Tensor) -> Tensor:
        return apply_matrix(decode_curve(band.clamp(0, 1), colour.curve), matrix)

    return np.ascontiguousarray(by_bands(change, pixels).permute(1, 2, 0).cpu().numpy())


def _size_words(samples: Samples, parameters: Encode) -> str:
    kind = f"{parameters.bits} bits, floating point" if parameters.floats else f"{parameters.bits} bits"
    return f"{samples.shape[1]}x{samples.shape[0]}, {kind}"


def _conversion_words(parameters: Encode, target: Colour) -> str:
    if target.space:
        return f"colours converted to {target.space}"
    black = " with black point compensation" if parameters.black_point_compensation else ""
    return f"colours converted to {parameters.icc}, {parameters.intent} intent{black}"
