"""Parameters of the camera stages, as recipes give them."""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ..pipeline.stage import Parameters

WorkingSpace = Literal["Rec2020", "ProPhoto", "ACEScg", "sRGB"]
OutputSpace = Literal["sRGB", "Display P3", "Adobe RGB", "Rec2020", "ProPhoto"]
Multiplier = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# Characters that a file name cannot hold on one of the usual systems (NTFS, FAT; `/` separates folders).
ILLEGAL = re.compile(r'[<>:"|?*\\\x00-\x1f]')


class Decode(Parameters):
    """`decode` has no choices: the file decides."""


class Linearize(Parameters):
    """`linearize`: sensor counts to 0 at black and 1 at saturation."""

    highlights: Literal["clip", "keep"] = Field(
        default="clip",
        description="clip: limit each colour where the first one saturates after white balance, so that "
        "blown areas are neutral; keep: leave them as the sensor gave them",
    )


class Demosaic(Parameters):
    """`demosaic`: three colours at every pixel."""

    algorithm: Literal["auto", "malvar2004", "libraw", "superpixel"] = Field(
        default="auto",
        description="auto: malvar2004 on Bayer, LibRaw on X-Trans; superpixel: one pixel per cell of the "
        "mosaic, fast",
    )


class Colour(Parameters):
    """`colour`: camera RGB to a linear working space."""

    white_balance: Literal["as-shot", "daylight"] | tuple[Multiplier, Multiplier, Multiplier] = Field(
        default="as-shot", description="as-shot, daylight, or three multipliers for R, G, B"
    )
    working_space: WorkingSpace = Field(default="Rec2020", description="linear RGB space of the result")


class Tone(Parameters):
    """`tone`: exposure, output primaries and the display curve."""

    exposure: Literal["auto"] | Annotated[float, Field(ge=-10, le=10)] = Field(
        default="auto", description="EV, or auto: the 99th percentile of luminance is brought near white"
    )
    curve: Literal["srgb", "rec709", "gamma", "linear"] = Field(default="srgb", description="display curve")
    gamma: float = Field(default=2.2, gt=0, le=10, description="exponent of the curve `gamma`")
    output_space: OutputSpace = Field(default="sRGB", description="primaries of the result")


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


def check_name(name: str) -> str:
    """Return a path below the output folder as recipes give it; `ValueError` if it is none."""
    check_tokens(name)
    if found := ILLEGAL.search(name):
        raise ValueError(f"{found.group()!r} cannot stand in a file name")
    parts = name.split("/")
    if parts[0] == "":
        raise ValueError("must be a path below the output folder, not an absolute one")
    if any(part.strip() in ("", ".", "..") for part in parts):
        raise ValueError("must not have empty parts, '.' or '..' between its slashes")
    return name


def check_tokens(name: str) -> None:
    """Refuse (`ValueError`) braces around anything but `stem`."""
    try:
        tokens = [
            (token, form, kind) for _, token, form, kind in Formatter().parse(name) if token is not None
        ]
    except ValueError as error:
        raise ValueError("a brace in it is not closed; the only token is {stem}") from error
    for token, form, kind in tokens:
        if (token, form, kind) != ("stem", "", None):
            raise ValueError(f"no token {{{token}}}; the only one is {{stem}}, without a format")
