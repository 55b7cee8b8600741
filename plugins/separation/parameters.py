"""Parameters of the `separate` stage."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...pipeline.stage import Parameters

Layer = Literal["transmission", "reflection", "blended", "confidence"]


class Separate(Parameters):
    """`separate`: take the reflection out, in linear light, in whatever space the frame is in.

    Recipes write the parameters of the method beside these.
    """

    method: str = Field("unveilnet", description="name of the method; `unveil methods` lists them")
    strength: Annotated[float, Field(ge=-1, le=2)] = Field(
        1.0, description="how much of the reflection is subtracted: 0 nothing, 1 all, -1 doubles it"
    )
    scale: Literal["auto"] | Annotated[int, Field(ge=64, le=4096)] = Field(
        "auto", description="long side in pixels of the proxy that the method sees; auto: the method's own"
    )
    domain: Literal["auto", "srgb", "linear"] = Field(
        "auto",
        description="what the method is shown: linear light, or the same sRGB-encoded; auto: what it was trained on",
    )
    keep: tuple[Layer, ...] = Field(
        (),
        description="side layers to keep: transmission (the frame less the whole reflection), reflection (what was "
        "found), blended (the frame as it came), confidence (of a method that gives one)",
    )


class Inference(Parameters):
    """How a network is computed; methods and stages inherit these parameters."""

    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="what is computed in; auto: bfloat16 on CUDA, float32 elsewhere"
    )
    compile: bool = Field(
        False,
        description="let torch.compile build the network for this machine first: minutes at the first picture of a "
        "size, faster after it; needs a C++ compiler",
    )
