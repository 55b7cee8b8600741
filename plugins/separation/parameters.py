"""Parameters of the `separate` stage."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ...isp.parameters import check_name
from ...pipeline.naming import Naming, check_tokens
from ...pipeline.remix.record import SUFFIX
from ...pipeline.stage import Parameters

Layer = Literal["transmission", "reflection", "blended", "confidence", "residual"]


class Policy(Parameters):
    """What is done with frames that have little reflection in them, or that the method may have harmed."""

    skip_below: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="frames with a smaller share of their light found as reflection go on untouched"
    )
    drift: Annotated[float, Field(ge=0, le=1)] = Field(
        0.15,
        description="by how much brightness or colour may change where no reflection was found, as a share; 1 allows "
        "everything",
    )
    on_drift: Literal["flag", "fail"] = Field(
        "flag",
        description="of a frame that changes by more, or where that cannot be measured because reflection was found "
        "all over it: flag: say so in trail and scores; fail: write nothing of it",
    )


class Separate(Parameters):
    """`separate`: take the reflection out, in linear light, in whatever space the frame is in.

    Recipes write the parameters of the method beside these.
    """

    method: str = Field("unveilnet", description="name of the method; `unveil methods` lists them")
    strength: Annotated[float, Field(ge=-1, le=2)] = Field(
        1.0, description="how much of the reflection is subtracted: 0 nothing, 1 all, -1 doubles it"
    )
    scale: Literal["auto", "full"] | Annotated[int, Field(ge=64, le=8192)] = Field(
        "auto",
        description="long side in pixels of the proxy that the method sees (1024 or fit 1024); auto: the method's own; "
        "full: the frame's, in tiles where it is too large for the memory (`--max-memory`)",
    )
    domain: Literal["auto", "srgb", "linear"] = Field(
        "auto",
        description="what the method is shown: linear light, or the same sRGB-encoded; auto: what it was trained on",
    )
    mask: str | None = Field(
        None,
        description="limit the effect: path of a grey PNG, TIFF or JPEG as the frame is seen upright, of any size, "
        "white for the whole strength, black for none; {stem} is the source's name, and a relative path is looked for "
        "from the folder of the source, then from the working folder",
    )
    keep: tuple[Layer, ...] = Field(
        (),
        description="side layers to keep: transmission (the frame less the whole reflection), reflection (what was "
        "found), blended (the frame as it came), confidence (of a method that gives one), residual (what the method's "
        "own two layers leave unexplained, with sign)",
    )
    policy: Policy = Field(Policy(), description="which frames are left alone, flagged or failed")
    record: str | None = Field(
        None,
        min_length=1,
        description="also write what was found, small, for `unveil remix`: path below the output folder without "
        "suffix, e.g. layers/{stem}",
    )

    @field_validator("scale", mode="before")
    @classmethod
    def _fit_may_be_spelled_out(cls, scale: object) -> object:
        """Take `fit 1024` for 1024."""
        found = re.fullmatch(r"fit (\d{1,5})", scale) if isinstance(scale, str) else None
        return int(found[1]) if found else scale

    @field_validator("mask")
    @classmethod
    def _mask_knows_the_stem_only(cls, mask: str | None) -> str | None:
        if mask is not None:
            check_tokens(mask, frozenset({"stem"}))
        return mask

    @field_validator("record")
    @classmethod
    def _record_stays_in_the_folder(cls, record: str | None) -> str | None:
        return record if record is None else check_name(record)


def record_name(name: str, naming: Naming) -> str:
    """Return the path of a record below the output folder; `name` is `Separate.record`."""
    return naming.fill(name, "record") + SUFFIX


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


SMALL_FIT = 192
"""Long side of what the small nets are shown. They learned from whole scenes of 96 pixels; twice that they find more of
a real reflection, at 128 the mean over real pairs is up to 0.4 dB lower."""


class FullOrSmall(Inference):
    """Which form of a network is used, for methods that are published in one size and have a small one of ours."""

    variant: Literal["auto", "full", "small"] = Field(
        "auto",
        description="full: the published net, with weights that were imported; small: fewer channels, with ours; "
        "auto: full where its weights were imported, else small",
    )

    @property
    def variants(self) -> tuple[str, ...]:
        """Variants of the network that the choice means, the preferred one first; the published one has no name."""
        return {"auto": ("", "small"), "full": ("",), "small": ("small",)}[self.variant]
