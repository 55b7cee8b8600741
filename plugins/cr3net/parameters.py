"""Parameters of `cr3net`, as a method of `separate` and as the stage `render`. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..separation.parameters import FullOrSmall
from ..separation.shows import ShowsPicture


class Cr3NetParameters(ShowsPicture, FullOrSmall):
    """Parameters of the method `cr3net`."""


class Render(Cr3NetParameters):
    """`render`: mosaic to display picture with CR3Net, which takes the reflection out on the way."""

    variant: Literal["auto", "full", "small"] = Field(
        "auto",
        description="full or auto: the published net, with weights that were imported; small: fewer channels, with "
        "ours, whose pictures are good for a trial only",
    )

    strength: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0,
        description="0: the display picture that it is shown; 1: the network's; between: mixed in linear light",
    )
    tile: Literal[0] | Annotated[int, Field(ge=256, le=8192)] = Field(
        512,
        description="side of the overlapping squares that larger pictures are cut into; 0: never cut. The network "
        "weighs its channels by their means over what it sees, so larger squares are nearer to the whole picture; the "
        "full net takes some 6 GB of memory for a square of 1024",
    )

    @property
    def variants(self) -> tuple[str, ...]:
        """Variants that the choice means: a picture is not left to the small net unless that is asked for."""
        return ("small",) if self.variant == "small" else ("",)
