"""Parameters of `encode`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ...pipeline.stage import Parameters
from .names import check_name


class Encode(Parameters):
    """`encode`: write the frame, or one of its layers, to a file."""

    format: Literal["tiff", "jpeg", "png", "dng"] = Field(
        default="tiff",
        description="file format; dng takes linear frames as they come from the sensor, the others what `tone` gives",
    )
    depth: Literal[8, 16, 32] | None = Field(
        default=None,
        description="bits per sample; default 8 for jpeg, 16 for all others; 32: floating point, nothing clipped, tiff "
        "only, also before `tone`",
    )
    quality: int = Field(default=92, ge=1, le=100, description="JPEG quality; that of the preview in a dng")
    compression: Literal["lossless", "none"] = Field(
        default="lossless", description="of the raw picture in a dng: lossless JPEG, or none"
    )
    fit: int | None = Field(default=None, ge=16, description="shrink to this long side, in linear light")
    icc: Literal["embed", "none"] = Field(
        default="embed", description="embed the colour profile of the pixels"
    )
    layer: str | None = Field(
        default=None, description="write this side layer (e.g. reflection, blended) and not the frame"
    )
    name: str = Field(
        default="{stem}",
        min_length=1,
        description="path below the output folder without suffix; {stem} is the source's name",
    )

    @field_validator("name")
    @classmethod
    def _name_stays_in_the_folder(cls, name: str) -> str:
        return check_name(name)

    @model_validator(mode="after")
    def _format_has_the_depth(self) -> Self:
        if self.depth == 32 and self.format != "tiff":
            raise ValueError(f"depth 32 is not possible in a {self.format}: use format tiff")
        if self.format == "jpeg" and self.depth == 16:
            raise ValueError("depth 16 is not possible in a jpeg: use depth 8, or format tiff or png")
        if self.format == "dng" and self.depth == 8:
            raise ValueError("depth 8 is not possible in a dng: leave it out, or use another format")
        if self.format == "dng" and self.fit is not None:
            raise ValueError(
                "fit is not possible in a dng, which keeps the sensor's pixels: use another format"
            )
        return self
