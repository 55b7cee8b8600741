"""EXIF that a file has in its XMP packet only, in the form of `isp.metadata.read`.

Reference: XMP specification part 2 (Adobe, 2022), "Exif schemas"; CIPA DC-010-2020 (Exif metadata for XMP).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .exif_tags import TAGS, TagValue, clean_tag
from .xmp_tree import name, parse_packet, properties

# EXIF name of ours: properties that hold it, the better one first.
SOURCES = {
    "ImageDescription": ("tiff:ImageDescription", "dc:description"),
    "Make": ("tiff:Make",),
    "Model": ("tiff:Model",),
    "Artist": ("tiff:Artist", "dc:creator"),
    "Copyright": ("tiff:Copyright", "dc:rights"),
    "ExposureTime": ("exif:ExposureTime",),
    "FNumber": ("exif:FNumber",),
    "ExposureProgram": ("exif:ExposureProgram",),
    "ISO": ("exifEX:PhotographicSensitivity", "exif:ISOSpeedRatings"),
    "BrightnessValue": ("exif:BrightnessValue",),
    "ExposureCompensation": ("exif:ExposureBiasValue",),
    "SubjectDistance": ("exif:SubjectDistance",),
    "MeteringMode": ("exif:MeteringMode",),
    "LightSource": ("exif:LightSource",),
    "FocalLength": ("exif:FocalLength",),
    "ExposureMode": ("exif:ExposureMode",),
    "WhiteBalance": ("exif:WhiteBalance",),
    "FocalLengthIn35mmFormat": ("exif:FocalLengthIn35mmFilm",),
    "SceneCaptureType": ("exif:SceneCaptureType",),
    "OwnerName": ("exifEX:CameraOwnerName", "aux:OwnerName"),
    "SerialNumber": ("exifEX:BodySerialNumber", "aux:SerialNumber"),
    "LensMake": ("exifEX:LensMake",),
    "LensModel": ("exifEX:LensModel", "aux:Lens"),
    "LensSerialNumber": ("exifEX:LensSerialNumber", "aux:LensSerialNumber"),
    "GPSAltitude": ("exif:GPSAltitude",),
    "GPSAltitudeRef": ("exif:GPSAltitudeRef",),
    "GPSSpeedRef": ("exif:GPSSpeedRef",),
    "GPSSpeed": ("exif:GPSSpeed",),
    "GPSImgDirectionRef": ("exif:GPSImgDirectionRef",),
    "GPSImgDirection": ("exif:GPSImgDirection",),
    "GPSMapDatum": ("exif:GPSMapDatum",),
}
DATES = {
    "DateTimeOriginal": ("exif:DateTimeOriginal", "photoshop:DateCreated"),
    "CreateDate": ("exif:DateTimeDigitized", "xmp:CreateDate"),
    "ModifyDate": ("tiff:DateTime", "xmp:ModifyDate"),
}
PARTS_OF_DATES = {
    "DateTimeOriginal": ("SubSecTimeOriginal", "OffsetTimeOriginal"),
    "CreateDate": ("SubSecTimeDigitized", "OffsetTimeDigitized"),
    "ModifyDate": ("SubSecTime", "OffsetTime"),
}
ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?")
POSITION = re.compile(r"(\d+),(\d+)(?:,(\d+(?:\.\d+)?)|(\.\d+)?)([NSEW])")


def xmp_tags(packet: bytes) -> dict[str, TagValue]:
    """Return the EXIF and GPS tags that an XMP packet gives; none where it is broken.

    Flash, a structure there, is left out.
    """
    rdf = parse_packet(packet) if packet else None
    if rdf is None:
        return {}
    said: dict[str, str] = {}
    for key, text in properties(rdf):
        said.setdefault(key, text)
    found: dict[str, TagValue] = {}
    for tag, places in SOURCES.items():
        text = _first(said, places)
        value = clean_tag(tag, text if TAGS[tag].kind == "text" else _number(text)) if text else None
        if value is not None:
            found[tag] = value
    for tag, places in DATES.items():
        found |= _date(tag, _first(said, places))
    return {**found, **_place(said)}


def _first(said: Mapping[str, str], places: tuple[str, ...]) -> str:
    return next((said[name(place)] for place in places if name(place) in said), "")


def _number(text: str) -> str:
    """A fraction, as XMP writes rationals, as a number."""
    above, _, below = text.partition("/")
    try:
        return str(float(above) / float(below or 1))
    except (ValueError, ZeroDivisionError):
        return ""


def _date(tag: str, text: str) -> dict[str, TagValue]:
    match = ISO_DATE.fullmatch(text)
    if match is None:
        return {}
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    found: dict[str, TagValue] = {tag: f"{year}:{month}:{day} {hour}:{minute}:{second or '00'}"}
    subsecond, offset = PARTS_OF_DATES[tag]
    if fraction:
        found[subsecond] = fraction
    if zone:
        found[offset] = "+00:00" if zone == "Z" else zone
    return found


def _place(said: Mapping[str, str]) -> dict[str, TagValue]:
    """Positions are `48,51.4933N` or `48,51,30N`; the time of a fix is a date."""
    found: dict[str, TagValue] = {}
    for tag in ("GPSLatitude", "GPSLongitude"):
        match = POSITION.fullmatch(said.get(name(f"exif:{tag}"), ""))
        if match is not None:
            degrees, minutes, seconds, decimals, side = match.groups()
            size = int(degrees) + float(f"{minutes}{decimals or ''}") / 60 + float(seconds or 0) / 3600
            found |= {tag: size, f"{tag}Ref": side}
    match = ISO_DATE.fullmatch(said.get(name("exif:GPSTimeStamp"), ""))
    if match is not None:
        year, month, day, hour, minute, second, fraction, _ = match.groups()
        found["GPSDateStamp"] = f"{year}:{month}:{day}"
        found["GPSTimeStamp"] = f"{hour}:{minute}:{second or '00'}{'.' + fraction if fraction else ''}"
    return found
