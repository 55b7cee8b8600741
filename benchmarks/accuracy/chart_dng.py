"""The chart as a DNG: a Bayer mosaic of its patches, with the matrices and tables of its camera."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from unveil.benchmarks.accuracy.chart import Array, Calibration, Seen
from unveil.isp.dng.container import AS_SHOT_NEUTRAL, UNIQUE_MODEL, dng_parts
from unveil.isp.dng.raw import RawSamples, raw_picture
from unveil.isp.metadata.exif_write import exif_entries
from unveil.isp.metadata.ifd_write import (
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    Entry,
    ascii_text,
    integers,
    rationals,
)

RGGB = ((0, 1), (1, 2))
PATCH, ROWS, COLUMNS = 96, 4, 6
BLACK, WHITE, EXPOSURE = 1024.0, 65535.0, 0.9
"""Counts, and the share of saturation that a perfect white reaches."""
LIGHTS = {"A": 17, "D65": 21, "D50": 23}
"""Exif 2.32, LightSource."""
COLOR, FORWARD, ILLUMINANT = (50721, 50722), (50964, 50965), (50778, 50779)
PROFILE_NAME, HUE_SAT_DIMS, HUE_SAT_DATA, FLOAT = 50936, 50937, (50938, 50939), 11


def write_chart(path: Path, seen: Seen, camera: str, known: Mapping[str, Calibration], *, full: bool) -> None:
    """Write the chart.

    Parameters
    ----------
    path : path
        Of the DNG.
    seen : Seen
        The patches, and the light that the white balance is for.
    camera : str
        Its name.
    known : mapping
        One or two calibrations by the name of their light.
    full : bool
        With forward matrices and tables; otherwise with colour matrices alone.
    """
    counts = np.rint(BLACK + _mosaic(seen.camera) * EXPOSURE * (WHITE - BLACK)).astype(np.uint16)
    samples = RawSamples(samples=counts, cfa=RGGB, black=((BLACK,),), white=WHITE)
    raw = raw_picture(samples, "none")  # some developers take a file of few bytes for none
    entries = [
        ascii_text(UNIQUE_MODEL, f"Chart {camera}"),
        rationals(AS_SHOT_NEUTRAL, RATIONAL, *(seen.neutral / seen.neutral.max()).tolist()),
        ascii_text(PROFILE_NAME, "Chart"),
    ]
    for place, (light, calibration) in enumerate(known.items()):
        entries += _profile(place, light, calibration, full=full)
    exif = exif_entries({"Make": "Chart", "Model": camera}, software="unveil", orientation=1)
    path.write_bytes(b"".join(dng_parts(entries, exif, raw)))


def patch_means(picture: Array) -> Array:
    """Return the mean colours (24, 3) of the patches of a picture (H, W, 3), their rims left out."""
    height, width = picture.shape[0] / ROWS, picture.shape[1] / COLUMNS
    inner = 0.25
    means = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            rows = slice(round((row + inner) * height), round((row + 1 - inner) * height))
            columns = slice(round((column + inner) * width), round((column + 1 - inner) * width))
            means.append(picture[rows, columns].mean((0, 1)))
    return np.array(means)


def _mosaic(patches: Array) -> Array:
    """Return the mosaic (H, W) of 6 x 4 even patches."""
    colours = patches.reshape(ROWS, COLUMNS, 3).repeat(PATCH, 0).repeat(PATCH, 1)
    cells = np.tile(np.array(RGGB), (colours.shape[0] // 2, colours.shape[1] // 2))
    return np.take_along_axis(colours, cells[..., None], 2)[..., 0]


def _profile(place: int, light: str, known: Calibration, *, full: bool) -> list[Entry]:
    entries = [
        rationals(COLOR[place], SRATIONAL, *known.color.ravel().tolist()),
        integers(ILLUMINANT[place], SHORT, LIGHTS[light]),
    ]
    if not full:
        return entries
    values, hues, saturations, _ = known.hue_sat.shape
    data = known.hue_sat.astype("<f4")
    return [
        *entries,
        rationals(FORWARD[place], SRATIONAL, *known.forward.ravel().tolist()),
        integers(HUE_SAT_DIMS, LONG, hues, saturations, values),
        Entry(HUE_SAT_DATA[place], FLOAT, data.size, data.tobytes()),
    ]
