"""Parameters of `linearize`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...pipeline.stage import Parameters


class Linearize(Parameters):
    """`linearize`: sensor counts to 0 at black and 1 at saturation."""

    highlights: Literal["clip", "keep", "blend", "reconstruct"] = Field(
        default="clip",
        description="clip: limit each colour where the first one saturates after white balance, so that "
        "blown areas are neutral; keep: leave them as the sensor gave them; blend: raise blown samples to the colours "
        "beside them that are not blown, so that blown areas are neutral and brighter than white; reconstruct: "
        "estimate blown samples by the colour of their surroundings (with the last two, no other sample changes)",
    )
    below_black: Literal["keep", "clip"] = Field(
        default="keep",
        description="noise below black: keep: leave it, so that the mean of dark areas stays true; clip: cut it off, "
        "as LibRaw does",
    )
    hot_pixels: Literal["off", "repair"] = Field(
        default="off",
        description="repair: replace samples of a mosaic that stand out alone by the median of their neighbours of the "
        "same colour; off: leave them",
    )
    keep: tuple[Literal["clipped"], ...] = Field(
        default=(),
        description="maps to keep for `encode`: clipped (1 where the sensor was saturated; of three colours, the share "
        "of them that was)",
    )
