"""How large a picture is, by its header alone: what a run goes by to tell how many frames fit into the memory."""

from __future__ import annotations

from pathlib import Path

import rawpy
import tifffile

from ..metadata.containers import JPEG_MAGIC, PNG_MAGIC, SOF, jpeg_segments, png_chunk
from ..metadata.read import find_tiff_tags
from .picture import is_display_tiff


def count_pixels(source: Path) -> int | None:
    """Return the number of pixels of a picture file, of a RAW those of the whole sensor; None where it cannot be told.

    Nothing is decoded. References: ITU-T T.81 section B.2.2 (JPEG), PNG specification, third edition, section 11.2.1.
    """
    try:
        with source.open("rb") as file:
            head = file.read(len(PNG_MAGIC))
            file.seek(0)
            if head.startswith(JPEG_MAGIC):
                frame = next((data for marker, data in jpeg_segments(file) if marker in SOF), b"")
                return _product(frame[1:3], frame[3:5])
            if head.startswith(PNG_MAGIC):
                header = png_chunk(file, b"IHDR") or b""
                return _product(header[:4], header[4:8])
            tiff = find_tiff_tags(file)
        if is_display_tiff(source, tiff):
            with tifffile.TiffFile(source) as picture:
                page = picture.pages.first
                return int(page.imagelength * page.imagewidth) or None
        with rawpy.imread(str(source)) as raw:
            return int(raw.sizes.raw_height * raw.sizes.raw_width) or None
    except (OSError, ValueError, rawpy.LibRawError, tifffile.TiffFileError):
        return None


def _product(height: bytes, width: bytes) -> int | None:
    return int.from_bytes(height, "big") * int.from_bytes(width, "big") or None
