"""Parameters of `encode`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from ...pipeline.stage import Parameters
from .names import ABOUT_TOKENS, check_name

Format = Literal["tiff", "png", "jpeg", "jxl", "avif", "exr", "dng", "xmp"]
Depth = Literal[8, 10, 12, 16, 32]
ProfileSpace = Literal["sRGB", "Display P3", "Adobe RGB", "ProPhoto", "Rec2020", "eciRGB v2"]
Intent = Literal["perceptual", "relative", "saturation", "absolute"]

DEPTHS: dict[str, tuple[int, ...]] = {
    "tiff": (16, 8, 32),
    "png": (16, 8),
    "jpeg": (8,),
    "jxl": (16, 8),
    "avif": (10, 8, 12),
    "exr": (16, 32),
    "dng": (16,),
    "xmp": (),
}
"""Bits per sample that a format has, its default first. In exr, and in tiff with 32, they are floating point."""
PROFILE_SUFFIXES = (".icc", ".icm")
OWN_PROFILE = ("embed", "none")
CHROMA_FORMATS = ("jpeg", "avif")


class Encode(Parameters):
    """`encode`: write the frame, or one of its layers, to a file."""

    format: Format = Field(
        default="tiff",
        description="file format; dng takes linear frames as they come from the sensor, exr linear frames in a working "
        "space, the others what `tone` gives; xmp writes the metadata alone, a sidecar for the file of the same name",
    )
    depth: Depth | None = Field(
        default=None,
        description="bits per sample: tiff 8, 16 or 32, png and jxl 8 or 16, jpeg 8, avif 8, 10 or 12, exr 16 or 32, "
        "dng 16; default 8 for jpeg, 10 for avif, 16 for all others. In exr, and in a tiff of 32, they are floating "
        "point and nothing is clipped; such a tiff may also stand before `tone`",
    )
    quality: int = Field(
        default=92,
        ge=1,
        le=100,
        description="of jpeg, jxl and avif, and of the preview in a dng; 100 is lossless in jxl and avif",
    )
    progressive: bool = Field(default=False, description="a jpeg that is shown in passes while it is loaded")
    subsampling: Literal[444, 422, 420] = Field(
        default=444, description="of the colour in jpeg and avif: 444 keeps it at full resolution"
    )
    compression: Literal["lossless", "none"] = Field(
        default="lossless", description="of the raw picture in a dng: lossless JPEG, or none"
    )
    fit: int | None = Field(default=None, ge=16, description="shrink to this long side, in linear light")
    icc: str = Field(
        default="embed",
        description="embed: the colour profile of the pixels as they are; none: no profile; sRGB, Display P3, Adobe "
        "RGB, ProPhoto, Rec2020 or eciRGB v2: convert to that space and embed its profile; a path that ends in .icc "
        "or .icm: convert to that RGB profile and embed it",
    )
    intent: Intent = Field(
        default="relative", description="rendering intent of a conversion that `icc` asks for"
    )
    black_point_compensation: bool = Field(
        default=True, description="map black to black in a conversion that `icc` asks for"
    )
    layer: str | None = Field(
        default=None, description="write this side layer (e.g. reflection, blended) and not the frame"
    )
    name: str = Field(
        default="{stem}",
        min_length=1,
        description=f"path below the output folder without suffix{ABOUT_TOKENS}",
    )

    @field_validator("name")
    @classmethod
    def _name_stays_in_the_folder(cls, name: str) -> str:
        return check_name(name)

    @field_validator("icc")
    @classmethod
    def _profile_is_known(cls, icc: str) -> str:
        known = (*OWN_PROFILE, *get_args(ProfileSpace))
        if icc not in known and PurePath(icc).suffix.lower() not in PROFILE_SUFFIXES:
            raise ValueError(
                f"no profile {icc!r}; allowed: {', '.join(known)}, or a path that ends in .icc or .icm"
            )
        return icc

    @model_validator(mode="after")
    def _format_can_hold_it(self) -> Self:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    @property
    def bits(self) -> int:
        """Bits per sample, with the format's default; 0 where there is no picture."""
        return self.depth or next(iter(DEPTHS[self.format]), 0)

    @property
    def floats(self) -> bool:
        """Samples are floating point, so that nothing is clipped."""
        return self.format == "exr" or (self.format == "tiff" and self.bits == 32)

    @property
    def converts(self) -> bool:
        """The pixels are converted to another profile."""
        return self.icc not in OWN_PROFILE

    @property
    def profile_file(self) -> str | None:
        """Path of the profile that the pixels are converted to, where it is a file."""
        named = self.icc in get_args(ProfileSpace)
        return self.icc if self.converts and not named else None

    def _problems(self) -> Iterator[str]:
        kind = self.format
        if kind == "xmp":
            yield from self._not_in_a_sidecar()
            return
        if self.depth is not None and self.depth not in DEPTHS[kind]:
            yield f"depth {self.depth} is not possible in {_one(kind)}: {_depth_advice(kind, self.depth)}"
        if kind == "dng" and self.fit is not None:
            yield "fit is not possible in a dng, which keeps the sensor's pixels: use another format"
        if self.progressive and kind != "jpeg":
            yield f"progressive is not possible in {_one(kind)}: use format jpeg"
        if self.subsampling != 444 and kind not in CHROMA_FORMATS:
            yield f"subsampling is not possible in {_one(kind)}: use format jpeg or avif"
        if kind in ("dng", "exr") and self.converts:
            yield f"icc {self.icc!r} is not possible in {_one(kind)}, which holds linear light: use another format"
        if kind == "exr" and self.icc == "none":
            yield "icc 'none' is not possible in an exr, which always names its primaries: leave icc out"
        by_profile = self.icc == "eciRGB v2" or self.profile_file is not None
        if kind == "jxl" and by_profile and self.quality != 100:
            yield f"icc {self.icc!r} is not possible in a lossy jxl, which keeps no profile: use quality 100 or a tiff"
        if not self.converts and (self.intent != "relative" or not self.black_point_compensation):
            yield "intent and black_point_compensation say how colours are converted: name a profile under `icc`"
        if kind == "avif" and self.quality == 100 and self.subsampling != 444:
            yield f"quality 100 is lossless in an avif, subsampling {self.subsampling} is not: change one"

    def _not_in_a_sidecar(self) -> Iterator[str]:
        for name in ("depth", "fit", "layer"):
            if getattr(self, name) is not None:
                yield f"{name} is not possible in an xmp, which holds no picture: leave it out"
        if self.converts:
            yield f"icc {self.icc!r} is not possible in an xmp, which holds no picture: leave it out"


def _one(kind: str) -> str:
    return f"{'an' if kind in ('avif', 'exr') else 'a'} {kind}"


def _depth_advice(kind: str, depth: int) -> str:
    if depth == 32:
        return "use format tiff or exr"
    if len(DEPTHS[kind]) == 1 and kind == "dng":
        return "leave it out, or use another format"
    *others, last = (str(bits) for bits in sorted(DEPTHS[kind]))
    allowed = f"{', '.join(others)} or {last}" if others else last
    return f"use depth {allowed}, or format tiff or png" if depth in (8, 16) else f"use depth {allowed}"
