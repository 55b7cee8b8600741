"""OpenEXR: linear light of any range, with its primaries.

Reference: OpenEXR, "Standard Optional Attributes" (Academy Software Foundation). Needs the package OpenEXR, an extra.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from ..colour.colorimetry import rgb_to_xyz
from .writers import Samples

# EXIF tag of a frame: attribute, which is a number of its own unit, or a text.
NUMBERS = {
    "ExposureTime": "expTime",
    "FNumber": "aperture",
    "ISO": "isoSpeed",
    "FocalLength": "nominalFocalLength",
    "SubjectDistance": "focus",
}
TEXTS = {
    "DateTimeOriginal": "capDate",
    "Copyright": "owner",
    "ImageDescription": "comments",
    "Make": "cameraMake",
    "Model": "cameraModel",
    "SerialNumber": "cameraSerialNumber",
    "LensMake": "lensMake",
    "LensModel": "lensModel",
    "LensSerialNumber": "lensSerialNumber",
}


def exr_bytes(samples: Samples, space: str, tags: Mapping[str, Any], software: str, xmp: bytes) -> bytes:
    """Return an OpenEXR of (H, W, 3) float16 or float32 samples, linear in a named space, losslessly compressed (ZIP).

    `tags` are those of the frame, in the form of `isp.metadata.read`; the attributes that OpenEXR has for them are
    written, the XMP packet as the attribute `xmp`.
    """
    import OpenEXR

    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "chromaticities": chromaticities(space),
        "software": software,
        "xmp": xmp.decode(),
        **_attributes(tags),
    }
    file = BytesIO()
    OpenEXR.File(header, {"RGB": samples}).write(file)
    return file.getvalue()


def chromaticities(space: str) -> tuple[float, ...]:
    """Return x and y of red, green, blue and white of a named space."""
    xyz = rgb_to_xyz(space)
    colours = [*xyz.T, xyz.sum(axis=1)]
    return tuple(round(float(value), 6) for colour in colours for value in colour[:2] / colour.sum())


def _attributes(tags: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {TEXTS[name]: str(tags[name]) for name in TEXTS if tags.get(name)}
    found |= {NUMBERS[name]: float(tags[name]) for name in NUMBERS if name in tags}
    for name, direction in (("latitude", "Latitude"), ("longitude", "Longitude")):
        if f"GPS{direction}" in tags:
            sign = -1 if tags.get(f"GPS{direction}Ref") in ("S", "W") else 1
            found[name] = sign * float(tags[f"GPS{direction}"])
    if "GPSAltitude" in tags:
        found["altitude"] = float(tags["GPSAltitude"]) * (-1 if tags.get("GPSAltitudeRef") == 1 else 1)
    return found
