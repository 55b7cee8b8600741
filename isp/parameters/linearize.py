"""Parameters of `linearize`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...pipeline.stage import Parameters


class Linearize(Parameters):
    """`linearize`: sensor counts to 0 at black and 1 at saturation."""

    highlights: Literal["clip", "keep"] = Field(
        default="clip",
        description="clip: limit each colour where the first one saturates after white balance, so that "
        "blown areas are neutral; keep: leave them as the sensor gave them",
    )
