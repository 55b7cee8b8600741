"""Parameters of `colour`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...pipeline.stage import Parameters

WorkingSpace = Literal["Rec2020", "ProPhoto", "ACEScg", "sRGB"]
Multiplier = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Colour(Parameters):
    """`colour`: camera RGB to a linear working space."""

    white_balance: Literal["as-shot", "daylight"] | tuple[Multiplier, Multiplier, Multiplier] = Field(
        default="as-shot", description="as-shot, daylight, or three multipliers for R, G, B"
    )
    working_space: WorkingSpace = Field(default="Rec2020", description="linear RGB space of the result")
