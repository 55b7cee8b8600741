"""Names of the files that `encode` writes."""

from __future__ import annotations

from ..parameters import Encode

SUFFIX = {
    "tiff": ".tif",
    "png": ".png",
    "jpeg": ".jpg",
    "jxl": ".jxl",
    "avif": ".avif",
    "exr": ".exr",
    "dng": ".dng",
    "xmp": ".xmp",
}


def output_name(parameters: Encode, stem: str) -> str:
    """Return the path of the file below the output folder, e.g. `proof/IMG_0001.jpg`."""
    return parameters.name.format(stem=stem) + SUFFIX[parameters.format]
