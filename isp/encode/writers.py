"""Samples to the bytes of a file, with colour profile, EXIF, XMP and IPTC.

All take (H, W, 3) samples; whole samples mean 0 to 1 over the range of their bits.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from ..metadata.boxes import jxl_codestream
from ..metadata.embed import Attached, attach_avif, attach_jpeg, attach_jxl, attach_png, attach_tiff
from ..metadata.exif_write import DPI, INCHES
from .jxl_header import can_say, with_colour

PNG_LEVEL = 3
"""zlib level: on 16-bit photographs, higher ones take a third longer for about 1 % less."""
LOSSLESS = 100
AVIF_SPEED = 7
"""Of libaom, 0 to 10: slower ones take many times longer for some per cent."""
JXL_EFFORT, JXL_LOSSLESS_EFFORT = 5, 3
"""Of libjxl, 1 to 9; on lossless 16-bit photographs, higher ones take many times longer for some per cent."""
SAMPLING = {
    444: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    422: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    420: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}

Samples = NDArray[Any]
"""(H, W, 3) uint8, uint16 or, where the format has them, float32."""


def tiff_bytes(samples: Samples, attached: Attached) -> bytes:
    """Return a TIFF: deflate with predictor, 8 or 16 bits or float32 as the samples have."""
    file = BytesIO()
    tifffile.imwrite(
        file,
        samples,
        byteorder="<",
        bigtiff=False,
        photometric="rgb",
        compression="zlib",
        predictor=True,
        resolution=(DPI, DPI),
        resolutionunit=INCHES,
        metadata=None,
        software=False,
    )
    return attach_tiff(file.getvalue(), attached)


def png_bytes(samples: Samples, attached: Attached) -> bytes:
    """Return a PNG, 8 or 16 bits as the samples have."""
    # Its own guess of the size is too small for narrow pictures: a row has one byte more than its samples.
    room = samples.nbytes + samples.nbytes // 64 + samples.shape[0] + 65536
    return attach_png(bytes(imagecodecs.png_encode(samples, level=PNG_LEVEL, out=room)), attached)


def jpeg_bytes(
    samples: Samples, attached: Attached, quality: int, progressive: bool = False, subsampling: int = 444
) -> bytes:
    """Return a JPEG of uint8 samples; `quality` is 1 to 100, `subsampling` of the colour 444, 422 or 420."""
    if samples.dtype != np.uint8:
        raise ValueError(f"JPEG takes uint8 samples, got {samples.dtype}")
    settings = {
        cv2.IMWRITE_JPEG_QUALITY: quality,
        cv2.IMWRITE_JPEG_OPTIMIZE: 1,
        cv2.IMWRITE_JPEG_PROGRESSIVE: int(progressive),
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR: SAMPLING[subsampling],
    }
    if max(samples.shape) > 65500:
        raise ValueError("a JPEG has at most 65500 pixels on a side")
    _, data = cv2.imencode(".jpg", samples[..., ::-1], [part for pair in settings.items() for part in pair])
    return attach_jpeg(data.tobytes(), attached)


def avif_bytes(
    samples: Samples, attached: Attached, quality: int, bits: int, subsampling: int = 444
) -> bytes:
    """Return an AVIF of uint8 samples, or of uint16 samples of 10 or 12 bits; quality 100 is lossless."""
    data = imagecodecs.avif_encode(
        samples, level=quality, speed=AVIF_SPEED, bitspersample=bits, pixelformat=str(subsampling)
    )
    return attach_avif(bytes(data), attached)


def jxl_bytes(samples: Samples, attached: Attached, space: str, curve: str) -> bytes:
    """Return a lossless JPEG XL of uint8 or uint16 samples, which are `space` with `curve`; its header says so, by the
    attached profile where it has no numbers for them.
    """
    data = imagecodecs.jpegxl_encode(samples, lossless=True, effort=JXL_LOSSLESS_EFFORT)
    icc = b"" if space and can_say(curve) else attached.icc or b""
    return _jxl(bytes(data), attached, space, curve, samples.dtype.itemsize * 8, icc)


def lossy_jxl_bytes(
    linear: NDArray[np.float32], attached: Attached, quality: int, bits: int, space: str, curve: str
) -> bytes:
    """Return a JPEG XL of linear light in sRGB primaries, of any range; a decoder gives `space` with `curve`.

    A lossy JPEG XL keeps the colours that an eye sees and not samples; `bits` are those that it offers to decoders.
    """
    data = imagecodecs.jpegxl_encode(linear, distance=jxl_distance(quality), effort=JXL_EFFORT)
    return _jxl(bytes(data), attached, space, curve, bits)


def jxl_distance(quality: int) -> float:
    """Return the distance that libjxl takes for a quality from 1 to 99 (its `JxlEncoderDistanceFromQuality`)."""
    if quality >= 30:
        return 0.1 + (LOSSLESS - quality) * 0.09
    return 53 / 3000 * quality**2 - 23 / 20 * quality + 25


def _jxl(data: bytes, attached: Attached, space: str, curve: str, bits: int, icc: bytes = b"") -> bytes:
    codestream, level = jxl_codestream(data)
    return attach_jxl(with_colour(codestream, space, curve, bits, icc), level, attached)
