"""Parameters of `demosaic`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...pipeline.stage import Parameters

Algorithm = Literal[
    "auto",
    "pekkucuksen2010",
    "menon2007",
    "malvar2004",
    "ea",
    "libraw",
    "ahd",
    "dht",
    "aahd",
    "vng",
    "ppg",
    "superpixel",
    "half",
]


class Demosaic(Parameters):
    """`demosaic`: three colours at every pixel."""

    algorithm: Algorithm = Field(
        default="auto",
        description="auto: pekkucuksen2010 on Bayer, libraw on X-Trans; pekkucuksen2010, menon2007: along edges, the "
        "first the most accurate of all; malvar2004: linear; ea: OpenCV's edge-aware; ahd, dht, aahd, vng, ppg: "
        "LibRaw's; libraw: its ahd on Bayer, its three passes on X-Trans; superpixel: one pixel per cell of the "
        "mosaic, fast; half: half the size, which on Bayer is superpixel. ea and LibRaw's work in 16-bit steps on the "
        "CPU. X-Trans takes auto, libraw, vng and superpixel; monochrome is copied, or averaged 2x2 by half",
    )
    values: Literal["display", "light"] = Field(
        default="display",
        description="what pekkucuksen2010, menon2007, malvar2004 and ea interpolate: display: values under the sRGB "
        "curve, which keeps dark sides of edges clean; light: linear light, as the others always do",
    )
