"""One photograph on its way through the pipeline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .naming import Naming
from .profile import CameraProfile

if TYPE_CHECKING:
    from torch import Tensor

Matrix3 = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
Triple = tuple[float, float, float]


class Space(StrEnum):
    """What the numbers in a frame mean."""

    CFA = "cfa"
    """(1, H, W) sensor counts, black level included."""
    CFA_LINEAR = "cfa-linear"
    """(1, H, W) 0 = black, 1 = saturation."""
    CAMERA_RGB = "camera-rgb"
    """(3, H, W) linear, camera primaries, unbalanced; 1 = saturation."""
    LINEAR_RGB = "linear-rgb"
    """(3, H, W) scene-linear in the working space named by `Frame.primaries`."""
    DISPLAY_RGB = "display-rgb"
    """(3, H, W) display-encoded in the output space named by `Frame.primaries` and `Frame.curve`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """What the file says about the sensor; nothing in it is guessed."""

    make: str = ""
    model: str = ""
    cfa: tuple[tuple[int, ...], ...] | None = None
    """Colour of each cell of the repeating mosaic (2x2 Bayer, 6x6 X-Trans, 1x1 monochrome): 0 R, 1 G, 2 B.
    The first row and column are those of the decoded pixels. None: three colours at every pixel."""
    black: tuple[tuple[float, ...], ...] = ((0.0,),)
    """Black level of each cell of a repeating pattern, counts."""
    white: tuple[tuple[float, ...], ...] = ((1.0,),)
    """Saturation level of each cell of a repeating pattern, counts."""
    white_balance: Triple | None = None
    """As-shot multipliers for R, G, B with G = 1; None where the file gives none that is usable."""
    shared_balance: bool = False
    """Whether `white_balance`, `side_balance` and `side_temperature` are the group's leader's, not the file's own."""
    side_balance: Triple | None = None
    """Multipliers for R, G, B with G = 1 that an .xmp beside the file asks for; None: it asks for none."""
    side_temperature: tuple[float, float] | None = None
    """Colour temperature in K and tint on Adobe's scale (positive is towards magenta) that an .xmp beside the file
    asks for; None: it asks for none."""
    xyz_to_camera: tuple[tuple[float, Matrix3], ...] = ()
    """(correlated colour temperature in K, XYZ-to-camera matrix), coldest light last; empty: unknown."""
    matrix_source: str = ""
    """Where the matrices are from: `dng` (the file's own tags), `libraw` (LibRaw's table) or empty."""
    profile: CameraProfile | None = None
    """What a DNG says of its colour beside `xyz_to_camera`; None: nothing, or another file."""
    baseline_exposure: float = 0.0
    """Exposure that the maker asks for, EV (DNG BaselineExposure)."""
    size: tuple[int, int] | None = None
    """Height and width of the decoded pixels of a RAW file; a demosaic may leave fewer."""
    crop: tuple[int, int, int, int] | None = None
    """Row, column, height and width of the part that the maker shows, in the decoded pixels; None: all of it."""
    origin: tuple[int, int] = (0, 0)
    """Row and column of the first decoded pixel in the visible area of the file, which `decode` may have cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Facts about the photograph that travel to the outputs."""

    orientation: int = 1
    """EXIF orientation (1 to 8) still to be applied to the pixels."""
    tags: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """EXIF and GPS values by their EXIF names, e.g. `DateTimeOriginal`, `ExposureTime`."""
    icc: bytes | None = None
    """The colour profile embedded in the source, as read."""
    rating: int | None = None
    """Stars that an .xmp beside the file gives, 0 to 5, or -1 for rejected; None: it gives none."""
    label: str = ""
    """Colour label that an .xmp beside the file gives, in its own words, e.g. `Red`; empty: it gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """What one stage did to the frame."""

    stage: str
    parameters: Mapping[str, Any]
    seconds: float
    device: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the results of a frame go."""

    folder: Path
    overwrite: bool = False
    naming: Naming | None = None
    """What the files are called after; None: the source's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A result written beside its final name; the host renames it when the whole frame is good."""

    temporary: Path
    final: Path
    role: str
    """The layer it shows: `transmission` for the frame itself, else the name of a side layer."""


LONGEST_NAME = 255 - len(".part-") - 10
"""Bytes of a name that can stand in a temporary one: most file systems end names at 255, process numbers have up to 10
digits."""


def temporary_prefix(final: Path) -> str:
    """Return how the temporary name of a result begins, which its process number ends; a long name is shortened."""
    name = f".{final.name}"
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = f".{sha256(os.fsencode(name)).hexdigest()[:32]}"
    return f"{name}.part-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Pixels, what the numbers mean, camera facts, metadata, side layers and trail.

    Frames are frozen: a stage returns a new one. Pixels are one channel-first float32 tensor. Values below 0
    and above 1 are legal in linear spaces; only the encoder clips, and it says how much.
    """

    source: Path
    """The file the frame came from; never opened for writing."""
    url: str = ""
    """Where that file was fetched from, which results say of it; empty: it lies where it was."""
    pixels: Tensor | None = None
    """(C, H, W) float32; None before `decode`."""
    space: Space | None = None
    """None before `decode`."""
    primaries: str = ""
    """RGB space of LINEAR_RGB and DISPLAY_RGB pixels: a `WorkingSpace` or `OutputSpace` of `isp.parameters`."""
    curve: str = ""
    """Transfer function of DISPLAY_RGB pixels: `srgb`, `rec709`, `linear` or `gamma:2.2`."""
    camera: Camera = Camera()
    metadata: Metadata = Metadata()
    layers: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))
    """Side layers in the frame's own colour: (1, H, W) mosaics or (3, H, W) beside a mosaic, (3, H, W) beside
    a colour frame. A stage that changes the colour of the pixels changes each layer by the same numbers."""
    maps: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))
    """(1, h, w) figures in [0, 1] for every place, e.g. `confidence`; they have no colour, and their size need not
    be the frame's. What writes one brings it to the frame's size."""
    scores: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Figures measured on the way, e.g. `reflection` (share of the light that was removed)."""
    destination: Destination | None = None
    outputs: tuple[Output, ...] = ()
    notes: tuple[str, ...] = ()
    """What the running stage wants said; the host moves it into the trail."""
    decisions: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What the running stage takes from the frame itself where its parameters leave it open, by a name of its own, as
    plain data. Those that are there when it begins are of the frame that leads the group: it obeys them. See `decide`;
    the host keeps them apart for each stage."""
    trail: tuple[TrailEntry, ...] = ()

    @property
    def naming(self) -> Naming:
        """What the frame's files are called after."""
        given = self.destination.naming if self.destination is not None else None
        return given or Naming.of(self.source)

    def note(self, *sentences: str) -> Frame:
        """Return the frame with sentences added for the trail."""
        return replace(self, notes=(*self.notes, *sentences))

    def decide(self, **decisions: Any) -> Frame:
        """Return the frame with decisions of the running stage added, so that other frames can be made alike."""
        return replace(self, decisions=MappingProxyType({**self.decisions, **decisions}))

    def image(self) -> Tensor:
        """Return the pixels of a decoded frame; `ValueError` before `decode`."""
        if self.pixels is None:
            raise ValueError(f"{self.source}: the frame has no pixels before 'decode'")
        return self.pixels
