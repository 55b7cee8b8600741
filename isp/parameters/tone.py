"""Parameters of `tone`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...pipeline.stage import Parameters

OutputSpace = Literal["sRGB", "Display P3", "Adobe RGB", "Rec2020", "ProPhoto"]


class Tone(Parameters):
    """`tone`: exposure, output primaries and the display curve."""

    exposure: Literal["auto"] | Annotated[float, Field(ge=-10, le=10)] = Field(
        default="auto", description="EV, or auto: the 99th percentile of luminance is brought near white"
    )
    curve: Literal["srgb", "rec709", "gamma", "linear"] = Field(default="srgb", description="display curve")
    gamma: float = Field(default=2.2, gt=0, le=10, description="exponent of the curve `gamma`")
    output_space: OutputSpace = Field(default="sRGB", description="primaries of the result")
