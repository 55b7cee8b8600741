"""The EXIF and GPS tags that travel with a frame, and the form of their values (see `isp.metadata.read`).

Reference: CIPA DC-008-2019 (Exif 2.32), sections 4.6.4 to 4.6.6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TagValue = str | int | float


@dataclass(frozen=True, slots=True)
class ExifTag:
    """Where a tag stands in an Exif structure and what its value is."""

    directory: Literal["IFD0", "ExifIFD", "GPS"]
    code: int
    kind: Literal["text", "integer", "rational", "signed", "degrees", "time"]
    """text: ASCII; integer: SHORT (BYTE for GPSAltitudeRef); rational, signed: RATIONAL, SRATIONAL;
    degrees, time: three RATIONALs."""


TAGS: Mapping[str, ExifTag] = {
    "ImageDescription": ExifTag("IFD0", 270, "text"),
    "Make": ExifTag("IFD0", 271, "text"),
    "Model": ExifTag("IFD0", 272, "text"),
    "Software": ExifTag("IFD0", 305, "text"),
    "ModifyDate": ExifTag("IFD0", 306, "text"),
    "Artist": ExifTag("IFD0", 315, "text"),
    "Rating": ExifTag("IFD0", 18246, "integer"),
    "Copyright": ExifTag("IFD0", 33432, "text"),
    "ExposureTime": ExifTag("ExifIFD", 33434, "rational"),
    "FNumber": ExifTag("ExifIFD", 33437, "rational"),
    "ExposureProgram": ExifTag("ExifIFD", 34850, "integer"),
    "ISO": ExifTag("ExifIFD", 34855, "integer"),
    "DateTimeOriginal": ExifTag("ExifIFD", 36867, "text"),
    "CreateDate": ExifTag("ExifIFD", 36868, "text"),
    "OffsetTime": ExifTag("ExifIFD", 36880, "text"),
    "OffsetTimeOriginal": ExifTag("ExifIFD", 36881, "text"),
    "OffsetTimeDigitized": ExifTag("ExifIFD", 36882, "text"),
    "BrightnessValue": ExifTag("ExifIFD", 37379, "signed"),
    "ExposureCompensation": ExifTag("ExifIFD", 37380, "signed"),
    "SubjectDistance": ExifTag("ExifIFD", 37382, "rational"),
    "MeteringMode": ExifTag("ExifIFD", 37383, "integer"),
    "LightSource": ExifTag("ExifIFD", 37384, "integer"),
    "Flash": ExifTag("ExifIFD", 37385, "integer"),
    "FocalLength": ExifTag("ExifIFD", 37386, "rational"),
    "SubSecTime": ExifTag("ExifIFD", 37520, "text"),
    "SubSecTimeOriginal": ExifTag("ExifIFD", 37521, "text"),
    "SubSecTimeDigitized": ExifTag("ExifIFD", 37522, "text"),
    "ExposureMode": ExifTag("ExifIFD", 41986, "integer"),
    "WhiteBalance": ExifTag("ExifIFD", 41987, "integer"),
    "FocalLengthIn35mmFormat": ExifTag("ExifIFD", 41989, "integer"),
    "SceneCaptureType": ExifTag("ExifIFD", 41990, "integer"),
    "OwnerName": ExifTag("ExifIFD", 42032, "text"),
    "SerialNumber": ExifTag("ExifIFD", 42033, "text"),
    "LensMake": ExifTag("ExifIFD", 42035, "text"),
    "LensModel": ExifTag("ExifIFD", 42036, "text"),
    "LensSerialNumber": ExifTag("ExifIFD", 42037, "text"),
    "GPSLatitudeRef": ExifTag("GPS", 1, "text"),
    "GPSLatitude": ExifTag("GPS", 2, "degrees"),
    "GPSLongitudeRef": ExifTag("GPS", 3, "text"),
    "GPSLongitude": ExifTag("GPS", 4, "degrees"),
    "GPSAltitudeRef": ExifTag("GPS", 5, "integer"),
    "GPSAltitude": ExifTag("GPS", 6, "rational"),
    "GPSTimeStamp": ExifTag("GPS", 7, "time"),
    "GPSSpeedRef": ExifTag("GPS", 12, "text"),
    "GPSSpeed": ExifTag("GPS", 13, "rational"),
    "GPSImgDirectionRef": ExifTag("GPS", 16, "text"),
    "GPSImgDirection": ExifTag("GPS", 17, "rational"),
    "GPSMapDatum": ExifTag("GPS", 18, "text"),
    "GPSDateStamp": ExifTag("GPS", 29, "text"),
}
UNKNOWN_AT_ZERO = frozenset({"ExposureTime", "FNumber", "ISO", "FocalLength", "FocalLengthIn35mmFormat"})


def clean_tag(name: str, value: TagValue) -> TagValue | None:
    """Bring a value into the form of its tag; None where it says nothing. `KeyError` for an unknown name."""
    kind = TAGS[name].kind
    if kind in ("text", "time"):
        words = str(value).split("\0")[0].strip()
        return words or None
    try:
        number = float(value)
    except ValueError:
        return None
    if not math.isfinite(number) or (number == 0 and name in UNKNOWN_AT_ZERO):
        return None
    return int(number) if kind == "integer" else number
