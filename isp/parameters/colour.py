"""Parameters of `colour`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from ...pipeline.stage import Parameters

WorkingSpace = Literal["Rec2020", "ProPhoto", "ACEScg", "sRGB"]
Adaptation = Literal["bradford", "cat02", "cat16"]
CameraModel = Literal["dng", "libraw"]
Multiplier = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Pixels = Annotated[int, Field(ge=0)]
Side = Annotated[int, Field(ge=1)]


class Light(Parameters):
    """A light by its colour: `{kelvin: 5200, tint: 0}`."""

    kelvin: float = Field(
        ge=1667, le=50000, description="correlated colour temperature in K (Robertson), as in RAW developers"
    )
    tint: float = Field(
        default=0.0,
        ge=-150,
        le=150,
        description="distance of the light from the black body on Adobe's scale: 3000 times that in CIE 1960 uv; "
        "above 0 for a greener light, so the picture gets more magenta",
    )


class Pick(Parameters):
    """A grey thing in the picture: `{pick: [x, y, width, height]}`."""

    pick: tuple[Pixels, Pixels, Side, Side] = Field(
        description="left, top, width and height in pixels of the whole frame as it is seen upright"
    )


class Colour(Parameters):
    """`colour`: camera RGB to a linear working space."""

    white_balance: (
        Literal["as-shot", "auto", "daylight"] | tuple[Multiplier, Multiplier, Multiplier] | Light | Pick
    ) = Field(
        default="as-shot",
        description="as-shot (an .xmp beside the file, else the camera), auto (from the picture), daylight (D65), "
        "three multipliers for R, G, B, a light `{kelvin: 5200, tint: 0}` (tint as in Adobe's programs: above 0 for a "
        "greener light), or a grey place `{pick: [x, y, width, height]}` in pixels of the whole upright frame",
    )
    model: CameraModel = Field(
        default="dng",
        description="dng: the colour model of the DNG specification, with all that a DNG says or with LibRaw's table; "
        "libraw: one matrix, for daylight, balanced in camera RGB as LibRaw does",
    )
    adaptation: Adaptation = Field(
        default="bradford",
        description="chromatic adaptation from the light to the white of the working space",
    )
    profile: Literal["matrices", "hue-sat", "full"] = Field(
        default="matrices",
        description="what of a DNG's profile is applied: its matrices alone; its hue and saturation map (HueSatMap) "
        "too; or, besides, its look (LookTable)",
    )
    working_space: WorkingSpace = Field(default="Rec2020", description="linear RGB space of the result")
    lut: str | None = Field(
        default=None,
        min_length=1,
        description="path of a .cube table, 1D or 3D, applied to the linear light of the working space",
    )

    @field_validator("white_balance", mode="before")
    @classmethod
    def _mapping_says_what_is_wrong_with_it(cls, value: Any) -> Any:
        """Tell a mistake in a light or a place by its own words, not as one of many things that it might be."""
        if isinstance(value, list):
            return tuple(value)  # past this point pydantic takes it for Python's, where a list is no tuple
        if not isinstance(value, dict):
            return value
        model = Pick if "pick" in value else Light
        if model is Light and "kelvin" not in value:
            raise ValueError("a mapping here is {kelvin: 5200, tint: 0} or {pick: [x, y, width, height]}")
        try:
            return model.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}") from error
