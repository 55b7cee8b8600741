"""The parameter of methods and stages that see a display picture beside the mosaic. Imports no torch."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...pipeline.stage import Parameters

Picture = Literal["rendered", "embedded", "beside"]


class ShowsPicture(Parameters):
    """Which display picture is shown together with the mosaic."""

    picture: Picture = Field(
        "rendered",
        description="the display picture that is seen beside the mosaic: rendered from it (as-shot white balance, auto "
        "exposure), the preview embedded in the RAW file, or the camera's JPEG of the same name beside it",
    )
