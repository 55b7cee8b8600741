"""Parameters of `decode`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...pipeline.stage import Parameters


class Decode(Parameters):
    """`decode`: a file to pixels; what the file is decides how."""

    picture: Literal["raw", "embedded"] = Field(
        default="raw",
        description="raw: the sensor's samples; embedded: of a RAW file the finished preview that the camera put into "
        "it, for quick proofs; finished pictures are read as they are either way",
    )
    crop: Literal["visible", "maker"] = Field(
        default="visible",
        description="visible: of a RAW file all samples that saw light; maker: the part that the camera's maker "
        "shows (DefaultCrop of a DNG, LibRaw's for other files), without dark or half-interpolated edges",
    )
    sidecar: Literal["read", "ignore"] = Field(
        default="read",
        description="read: take rating, label, orientation and white balance from the .xmp beside it, `IMG_1.xmp` "
        "or `IMG_1.CR2.xmp`; ignore: leave it unopened",
    )
