"""Parameters of `lens`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...pipeline.stage import Parameters

Above0 = Annotated[float, Field(gt=0)]


class Lens(Parameters):
    """`lens`: distortion, vignetting and chromatic aberration."""

    distortion: bool = Field(default=True, description="correct barrel and pincushion distortion")
    vignetting: bool = Field(default=True, description="correct the loss of light towards the corners")
    chromatic_aberration: bool = Field(
        default=True, description="correct lateral chromatic aberration (red and blue of another size)"
    )
    make: str | None = Field(
        default=None, min_length=1, description="maker of the camera; default: from EXIF"
    )
    model: str | None = Field(
        default=None, min_length=1, description="model of the camera; default: from EXIF"
    )
    lens: str | None = Field(
        default=None,
        min_length=1,
        description="name of the lens as lensfun has it; default: LensModel of EXIF, or a camera's fixed lens",
    )
    focal_length: Above0 | None = Field(default=None, description="focal length in mm; default: from EXIF")
    aperture: Above0 | None = Field(
        default=None, description="f-number, for the vignetting; default: from EXIF"
    )
    distance: Above0 | None = Field(
        default=None, description="distance of the subject in m; default: from EXIF, else 1000"
    )
    scale: Literal["auto"] | Annotated[float, Field(ge=0.25, le=4)] = Field(
        default="auto",
        description="magnification with the distortion; auto: as much as leaves no black border",
    )
    missing: Literal["pass", "fail"] = Field(
        default="pass",
        description="of a frame whose camera or lens is not found, or not only one: pass: leave it as it is and say "
        "so; fail: it fails",
    )
