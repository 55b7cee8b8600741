"""Whole samples to the bytes of a TIFF, PNG or JPEG file, with colour profile and EXIF."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from ..metadata.embed import embed_jpeg, embed_png, embed_tiff
from ..metadata.exif_write import DPI, INCHES, ExifEntries

PNG_LEVEL = 3
"""zlib level: on 16-bit photographs, higher ones take a third longer for about 1 % less."""

Samples = NDArray[Any]
"""(H, W, 3) uint8, uint16 or, in a TIFF, float32."""


def tiff_bytes(samples: Samples, exif: ExifEntries, icc: bytes | None) -> bytes:
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
    return embed_tiff(file.getvalue(), exif, icc)


def png_bytes(samples: Samples, exif: ExifEntries, icc: bytes | None) -> bytes:
    """Return a PNG, 8 or 16 bits as the samples have."""
    # Its own guess of the size is too small for narrow pictures: a row has one byte more than its samples.
    room = samples.nbytes + samples.nbytes // 64 + samples.shape[0] + 65536
    return embed_png(bytes(imagecodecs.png_encode(samples, level=PNG_LEVEL, out=room)), exif, icc)


def jpeg_bytes(samples: Samples, exif: ExifEntries, icc: bytes | None, quality: int) -> bytes:
    """Return a baseline JPEG of uint8 samples, colour at full resolution (4:4:4); `quality` is 1 to 100."""
    if samples.dtype != np.uint8:
        raise ValueError(f"JPEG takes uint8 samples, got {samples.dtype}")
    data = imagecodecs.jpeg8_encode(samples, level=quality, subsampling="444", optimize=True)
    return embed_jpeg(bytes(data), exif, icc)
