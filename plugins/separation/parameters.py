"""Parameters of the `separate` stage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ...pipeline.stage import Parameters


class Separate(Parameters):
    """`separate`: take the reflection out, in linear light, in whatever space the frame is in."""

    method: str = Field("unveilnet", description="name of the method; `unveil methods` lists them")
    strength: Annotated[float, Field(ge=-1, le=2)] = Field(
        1.0, description="how much of the reflection is subtracted: 0 nothing, 1 all, -1 doubles it"
    )
    scale: Literal["auto"] | Annotated[int, Field(ge=64, le=4096)] = Field(
        "auto", description="long side in pixels of the proxy that the method sees; auto: the method's own"
    )
    keep: tuple[Literal["reflection", "blended"], ...] = Field(
        (), description="side layers to keep: reflection (what was found), blended (the frame as it came)"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="the method's own parameters; `unveil methods` lists them"
    )
