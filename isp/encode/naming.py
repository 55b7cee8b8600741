"""Names of the files that `encode` writes."""

from __future__ import annotations

from ...pipeline.naming import Naming
from ..parameters import Encode

MAIN = "transmission"
"""Role of the frame itself."""
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


def output_name(parameters: Encode, naming: Naming) -> str:
    """Return the path of the file below the output folder, e.g. `proof/IMG_0001.jpg`."""
    return naming.fill(parameters.name, parameters.layer or MAIN) + SUFFIX[parameters.format]
