"""Make the sample frames: two photographs taken back to the sensor, mixed there, and written as DNG.

`python -m unveil.samples.make PHOTOGRAPHS` writes the frames, their truths and the card into this folder; the folder
given holds the photographs that `SCENES` names.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..isp.colour.stage import camera_matrix
from ..isp.dng.container import write_cfa_dng
from ..isp.unprocess import add_noise, mosaic, to_counts, unprocess
from ..pipeline.frame import Camera, Matrix3, Triple
from ..training.photographs import read_display
from ..training.synth.blur import blur
from .truth import FOLDER

BLACK, WHITE = 512, 15871
SHOT, READ = 2e-4, 2e-7
"""Noise of a clean exposure, about ISO 200."""
XYZ_TO_CAMERA: Matrix3 = ((0.82, -0.25, -0.09), (-0.44, 1.24, 0.22), (-0.08, 0.19, 0.62))
"""Of no real camera; of the kind that real ones have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One sample frame: what is behind the glass and what the glass reflects."""

    name: str
    transmission: str
    reflection: str
    description: str
    licence: str
    cfa: tuple[tuple[int, ...], ...]
    multipliers: Triple
    orientation: int
    share: float
    """Share of the frame's light that is reflection."""
    defocus: float
    """Standard deviation of the reflection's blur, pixels."""
    tint: Triple
    """Colour of the reflected scene's light beside that of the scene, R, G, B."""


SCENES = (
    Scene(
        name="otters",
        transmission="oakland-zoo-otters.jpg",
        reflection="kodim21.png",
        description="An otter behind the glass of its enclosure; the coast reflects, out of focus and bluish.",
        licence="otters: CC0-1.0, Budgie backgrounds; coast: Kodak, released for unrestricted usage",
        cfa=((0, 1), (1, 2)),
        multipliers=(2.05, 1.0, 1.55),
        orientation=1,
        share=0.38,
        defocus=11.0,
        tint=(0.8, 1.0, 1.2),
    ),
    Scene(
        name="harbour",
        transmission="kodim11.png",
        reflection="kodim01.png",
        description="A boat through a window, camera held upright; a house wall reflects, warm and soft.",
        licence="both: Kodak, released for unrestricted usage",
        cfa=((1, 2), (0, 1)),
        multipliers=(1.8, 1.0, 1.7),
        orientation=6,
        share=0.35,
        defocus=7.0,
        tint=(1.2, 1.0, 0.8),
    ),
)
SIZE = (600, 900)
"""Height and width on the sensor."""
RIM = 8
"""Pixels left out at every side: scans from film have a black rim."""


def make_sample(scene: Scene, photographs: Path, folder: Path) -> dict[str, str]:
    """Write a scene's frame and truth; return its entry in the card."""
    camera = Camera(cfa=scene.cfa, white_balance=scene.multipliers, xyz_to_camera=((6504.0, XYZ_TO_CAMERA),))
    matrix, _ = camera_matrix(camera, "sRGB", scene.multipliers)
    to_camera = torch.linalg.inv(matrix)
    transmission, reflected = (
        unprocess(_view(photographs / name, scene.orientation), to_camera, scene.multipliers).clamp(min=0)
        for name in (scene.transmission, scene.reflection)
    )
    transmission = transmission * 0.6
    reflected = _reflection(reflected, transmission, scene)
    generator = Generator().manual_seed(20)
    frame = add_noise(mosaic(transmission + reflected, scene.cfa), SHOT, READ, generator)
    entry = {"file": f"{scene.name}.dng", "truth": f"{scene.name}_truth.dng"}
    _write(folder / entry["file"], frame, scene)
    _write(folder / entry["truth"], mosaic(transmission, scene.cfa), scene)
    return entry | {"description": scene.description, "licence": scene.licence}


def _view(path: Path, orientation: int) -> Tensor:
    """Read a photograph at the sensor's size, turned as the sensor saw it."""
    picture = read_display(path)[:, RIM:-RIM, RIM:-RIM].float() / 255
    if orientation == 6:  # the file must be turned 90 degrees clockwise to be seen upright
        picture = picture.rot90(1, (1, 2))
    scale = max(SIZE[0] / picture.shape[1], SIZE[1] / picture.shape[2])
    size = [max(wanted, round(side * scale)) for wanted, side in zip(SIZE, picture.shape[1:], strict=True)]
    picture = F.interpolate(picture[None], size=size, mode="bicubic", antialias=True)[0].clamp(0, 1)
    top, left = (size[0] - SIZE[0]) // 2, (size[1] - SIZE[1]) // 2
    return picture[:, top : top + SIZE[0], left : left + SIZE[1]]


def _reflection(scene_light: Tensor, transmission: Tensor, scene: Scene) -> Tensor:
    """Defocus and tint the reflected scene, let it fade over the pane, and scale it to its share."""
    soft = blur(scene_light[None], torch.tensor([scene.defocus]))[0]
    soft = soft * torch.tensor(scene.tint)[:, None, None]
    fade = torch.linspace(1, 0.35, SIZE[1])
    soft = soft * fade
    return soft * (transmission.mean() / soft.mean() * scene.share / (1 - scene.share))


def _write(path: Path, linear: Tensor, scene: Scene) -> None:
    counts = to_counts(linear[0], ((float(BLACK),),), float(WHITE)).to(torch.int64).numpy().astype("uint16")
    green = scene.multipliers[1]
    red, _, blue = scene.multipliers
    write_cfa_dng(
        path,
        counts,
        cfa=scene.cfa,
        black=((float(BLACK),),),
        white=float(WHITE),
        xyz_to_camera=XYZ_TO_CAMERA,
        as_shot_neutral=(green / red, 1.0, green / blue),
        make="unveil",
        model="Sample One",
        orientation=scene.orientation,
        tags={
            "DateTimeOriginal": "2026:11:21 12:00:00",
            "ExposureTime": 0.008,
            "FNumber": 4.0,
            "ISO": 200,
            "FocalLength": 50.0,
            "LensModel": "Sample 50mm F1.8",
        },
    )


def main(photographs: Path) -> None:
    """Write all samples and the card into this folder."""
    entries = [make_sample(scene, photographs, FOLDER) for scene in SCENES]
    card = {
        "made": "isp/unprocess.py takes both photographs to linear camera RGB; they add up there, are mosaicked, "
        "get shot and read noise and are written as 14-bit DNG. The truth is the transmission without noise.",
        "samples": entries,
    }
    (FOLDER / "samples.json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
