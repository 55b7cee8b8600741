"""Parameters of `tone`."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ...pipeline.stage import Parameters

OutputSpace = Literal["sRGB", "Display P3", "Adobe RGB", "Rec2020", "ProPhoto"]
Level = Annotated[float, Field(ge=0, le=1)]

NEAREST = 0.001
"""Points are at least this far apart, so that single precision tells their places."""
MAPPED = ("filmic", "points")
"""Curves that change tones in linear light; what they give is then sRGB-encoded."""


class Tone(Parameters):
    """`tone`: exposure, output primaries and the display curve."""

    exposure: Literal["auto", "baseline"] | Annotated[float, Field(ge=-10, le=10)] = Field(
        default="auto",
        description="EV on top of a DNG's BaselineExposure; baseline: that alone; auto: the 99th percentile of "
        "luminance is brought near white",
    )
    curve: Literal["srgb", "rec709", "gamma", "linear", "lstar", "filmic", "points"] = Field(
        default="srgb",
        description="display curve; filmic (rolls highlights off) and points (your own) change the tones and are "
        "then encoded with the curve of sRGB",
    )
    gamma: float = Field(default=2.2, gt=0, le=10, description="exponent of the curve `gamma`")
    white: float = Field(
        default=2.0,
        ge=0,
        le=10,
        description="EV above display white that the curve `filmic` brings down to white; at 0 it changes nothing",
    )
    points: tuple[tuple[Level, Level], ...] | None = Field(
        default=None,
        min_length=2,
        description="the curve `points`: [[x, y], ...] in sRGB-encoded values from 0 to 1, x before and y after, both "
        "rising; a smooth curve without overshoot between them, straight lines beyond the first and the last",
    )
    channels: Literal["each", "hue"] = Field(
        default="each",
        description="of filmic and points: each colour goes through the curve; hue: the largest does, and the others "
        "keep their ratio to it",
    )
    gamut: Literal["clip", "desaturate"] = Field(
        default="clip",
        description="of colours outside the output space: clip: leave them to `encode`, which clips and counts them; "
        "desaturate: move them towards the grey of the same luminance, in linear light, until they are inside",
    )
    output_space: OutputSpace = Field(default="sRGB", description="primaries of the result")

    @field_validator("points")
    @classmethod
    def _points_rise(
        cls, points: tuple[tuple[float, float], ...] | None
    ) -> tuple[tuple[float, float], ...] | None:
        for (x, y), (right, above) in pairwise(points or ()):
            if right - x < NEAREST:
                raise ValueError(f"x must rise from point to point by at least {NEAREST}: {x:g}, {right:g}")
            if above < y:
                raise ValueError(f"y must not fall from point to point: {y:g}, {above:g}")
        return points

    @model_validator(mode="after")
    def _curve_and_its_parameters_meet(self) -> Self:
        if (self.curve == "points") != (self.points is not None):
            raise ValueError(
                "the curve points needs its points, and points are only for it: give both or none"
            )
        if self.channels == "hue" and self.curve not in MAPPED:
            raise ValueError(
                f"channels 'hue' is not possible with the curve {self.curve}, which encodes each colour: "
                "use curve filmic or points"
            )
        if self.channels == "hue" and self.points is not None and self.points[0] != (0, 0):
            raise ValueError("channels 'hue' keeps ratios to black: let the first of the points be [0, 0]")
        return self
