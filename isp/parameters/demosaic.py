"""Parameters of `demosaic`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...pipeline.stage import Parameters


class Demosaic(Parameters):
    """`demosaic`: three colours at every pixel."""

    algorithm: Literal["auto", "malvar2004", "libraw", "superpixel"] = Field(
        default="auto",
        description="auto: malvar2004 on Bayer, LibRaw on X-Trans; superpixel: one pixel per cell of the "
        "mosaic, fast",
    )
