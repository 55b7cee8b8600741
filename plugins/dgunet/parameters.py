"""Parameters of the `restore` stage and of `dgunet` as a method of `separate`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..separation.parameters import Inference

Task = Literal["derain", "deblur", "denoise"]
_NETS = {"derain": "deraining", "deblur": "deblurring", "denoise": "denoising"}


class Restore(Inference):
    """`restore`: take rain, blur or noise out with a published network and its authors' weights."""

    method: Literal["dgunet"] = Field("dgunet", description="the network")
    task: Task = Field(description="what is taken out: derain, deblur or denoise")
    plus: bool = Field(False, description="the larger net, with its own weights for each of its stages")
    strength: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="how much of the change is made: 0 nothing, 1 all"
    )
    ensemble: bool = Field(
        False, description="mean over the 8 flips and rotations, as published for denoise; 8 times the time"
    )
    tile: Literal[0] | Annotated[int, Field(ge=64, le=8192)] = Field(
        512, description="side of the overlapping squares that larger pictures are cut into; 0: never cut"
    )

    @property
    def variant(self) -> str:
        """Name of the net's weights."""
        return _NETS[self.task] + ("_plus" if self.plus else "")


class Separator(Inference):
    """Parameters of the method `dgunet`."""

    variant: Literal["small", "full"] = Field(
        "small", description="small: the net for a CPU; full: as wide as the authors' deraining net"
    )

    @property
    def net(self) -> str:
        """Name of the net's weights."""
        return "separation_small" if self.variant == "small" else "separation"
