"""DNGs of every kind go through whole recipes with the values that were written into them, in every orientation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch

from unveil.isp.colour.stage import ColourStage
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.demosaic.blocks import superpixel
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Colour, Decode, Linearize
from unveil.pipeline.develop import develop
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Destination, Frame, Space
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import Recipe, load_recipe, parse_recipe
from unveil.pipeline.registry import DEFAULT_PLUGINS, Registry, build_registry

MATRIX = (0.9, -0.3, -0.1, -0.4, 1.2, 0.2, -0.1, 0.2, 0.6)
RGGB = ((0, 1), (1, 2))
SIZE = (64, 96)
UNIT = Colour(white_balance=(1.0, 1.0, 1.0))
RECIPE = """\
unveil: 1
name: values
stages:
  - decode: {}
  - linearize: {highlights: keep}
  - demosaic: {algorithm: superpixel}
  - colour: {white_balance: [1, 1, 1]}
  - encode: {format: tiff, depth: 32, name: "{stem}"}
"""
TURNS: Mapping[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).swapaxes(0, 1),
    8: lambda p: np.rot90(p, 1),
}
"""Exif 2.32, Orientation: what turns the stored picture upright."""
LOSSLESS = {"compression": 7, "compressionargs": {"lossless": True}}
PREDICTED = {"compression": 8, "predictor": True, "tile": (64, 96)}
KINDS: Mapping[str, tuple[int, str, float, Mapping[str, Any]]] = {
    "monochrome": (1, "u2", 60000, {}),
    "monochrome, 8 bits": (1, "u1", 255, {}),
    "monochrome, lossless JPEG": (1, "u2", 4095, LOSSLESS),
    "monochrome, float32 deflated": (1, "f4", 1, PREDICTED),
    "monochrome, float16 deflated": (1, "f2", 1, PREDICTED),
    "linear": (3, "u2", 65535, {}),
    "linear, tiles": (3, "u2", 65535, {"tile": (32, 48)}),
    "linear, lossless JPEG": (3, "u2", 4095, LOSSLESS),
    "linear, float32": (3, "f4", 1, {}),
    "linear, float16": (3, "f2", 1, {}),
    "linear, float32 deflated": (3, "f4", 1, PREDICTED),
    "linear, float16 deflated": (3, "f2", 1, PREDICTED),
    "mosaic, lossless JPEG": (0, "u2", 4095, LOSSLESS),
    "mosaic, float32 deflated": (0, "f4", 1, PREDICTED),
}
"""Samples of a pixel (0: a mosaic), type, white level, and how tifffile packs them."""


EVERY_WAY = ("monochrome", "linear", "mosaic, lossless JPEG")
"""Kinds that are turned in all ways."""


def scene(planes: int, dtype: str, white: float) -> np.ndarray:
    """A picture with nothing alike in it, in the units of the file."""
    shape = (*SIZE, 3) if planes == 3 else SIZE
    light = 0.1 + 0.8 * np.random.default_rng(2).random(shape)
    return (light * white).astype(dtype)


def rationals(values: Sequence[float]) -> list[int]:
    return [part for value in values for part in (round(value * 10000), 10000)]


def write(path: Path, samples: Any, planes: int, white: float, orientation: int, **packing: Any) -> Path:
    tags: list[tuple[int, int, int, Any]] = [
        (274, 3, 1, orientation),
        (50706, 1, 4, (1, 4, 0, 0)),
        (50708, 2, 0, "Made for a test"),
        (50717, 4, max(planes, 1), (int(white),) * max(planes, 1)),
    ]
    if planes != 1:
        tags += [
            (50721, 10, 9, rationals(MATRIX)),
            (50728, 5, 3, rationals((0.5, 1.0, 0.8))),
            (50778, 3, 1, 21),
        ]
    if planes == 0:
        tags += [(33421, 3, 2, (2, 2)), (33422, 1, 4, bytes(colour for row in RGGB for colour in row))]
    tifffile.imwrite(
        path,
        samples,
        photometric=34892 if planes == 3 else 1,
        metadata=None,
        software=False,
        extratags=[(*tag, True) for tag in tags],
        **packing,
    )
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags[262].overwrite(32803 if planes == 0 else 34892)
    return path


def expected(samples: np.ndarray, planes: int, white: float) -> np.ndarray:
    """(H, W, 3) in the working space, before it is turned."""
    light = torch.from_numpy(samples.astype(np.float32) / np.float32(white))
    camera = (
        Camera(cfa=((1,),)) if planes == 1 else Camera(xyz_to_camera=((6504.0, rows()),), matrix_source="dng")
    )
    pixels = light.permute(2, 0, 1) if planes == 3 else light[None]
    if planes < 3:
        pixels = superpixel(pixels, ((1,),) if planes == 1 else RGGB)
    frame = Frame(source=Path("made"), pixels=pixels, space=Space.CAMERA_RGB, camera=camera)
    return np.asarray(ColourStage(UNIT)(frame).image().permute(1, 2, 0).numpy())


def rows() -> Any:
    return MATRIX[:3], MATRIX[3:6], MATRIX[6:]


class Developer:
    """A recipe, built."""

    def __init__(self, recipe: Callable[[Registry], Recipe]) -> None:
        self.registry = build_registry(DEFAULT_PLUGINS)
        self.steps = make_plan(recipe(self.registry), self.registry, "cpu").build()

    def __call__(self, source: Path) -> Frame:
        destination = Destination(folder=source.parent / "out")
        destination.folder.mkdir()
        return develop(self.steps, self.registry, source, destination, "cpu")


@pytest.fixture(scope="module")
def values() -> Developer:
    return Developer(lambda registry: parse_recipe(RECIPE, registry))


@pytest.fixture(scope="module")
def window() -> Developer:
    return Developer(lambda registry: load_recipe("window", registry))


@pytest.mark.parametrize(
    ("kind", "orientation"),
    [*product(EVERY_WAY, TURNS), *((kind, 6) for kind in KINDS if kind not in EVERY_WAY)],
)
def test_the_values_written_arrive(values: Developer, tmp_path: Path, kind: str, orientation: int) -> None:
    planes, dtype, white, packing = KINDS[kind]
    samples = scene(planes, dtype, white)
    source = write(tmp_path / "made.dng", samples, planes, white, orientation, **packing)
    found = np.asarray(tifffile.imread(values(source).outputs[0].final))
    assert np.abs(found - TURNS[orientation](expected(samples, planes, white))).max() < 2e-5


def test_lossless_jpeg_of_16_bits_is_read(tmp_path: Path) -> None:
    samples = scene(1, "u2", 65535)
    packed = imagecodecs.ljpeg_encode(samples, bitspersample=16)
    shape = {"shape": samples.shape, "dtype": "uint16", "compression": 7, "rowsperstrip": SIZE[0]}
    source = write(tmp_path / "made.dng", iter([packed]), 1, 65535, 1, **shape)
    frame = DecodeStage(Decode(), "cpu")(Frame(source=source))
    assert np.array_equal(frame.image()[0].numpy(), samples)


@pytest.mark.parametrize(("packing", "name"), [(8, "deflate"), (5, "LZW")])
@pytest.mark.parametrize("planes", [0, 1, 3])
def test_packings_that_libraw_does_not_read_are_named(
    tmp_path: Path, planes: int, packing: int, name: str
) -> None:
    source = write(tmp_path / "made.dng", scene(planes, "u2", 4095), planes, 4095, 1, compression=packing)
    sentence = rf"made\.dng: a DNG whose samples are packed by {name} \(Compression {packing}\), which LibRaw"
    with pytest.raises(FrameError, match=sentence):
        DecodeStage(Decode(), "cpu")(Frame(source=source))


@pytest.mark.parametrize(
    "kind", ["monochrome", "linear", "linear, float16 deflated", "mosaic, lossless JPEG"]
)
def test_the_default_recipe_takes_them(window: Developer, tmp_path: Path, kind: str) -> None:
    planes, dtype, white, packing = KINDS[kind]
    source = write(tmp_path / "made.dng", scene(planes, dtype, white), planes, white, 6, **packing)
    written = {output.final.name: output.final for output in window(source).outputs}
    assert tifffile.imread(written["made_clean.tif"]).shape == (SIZE[1], SIZE[0], 3)


@pytest.mark.parametrize("planes", [1, 3])
def test_float_samples_above_white_stay_above_it(tmp_path: Path, planes: int) -> None:
    samples = 3 * scene(planes, "f4", 1)
    source = write(tmp_path / "made.dng", samples, planes, 1, 1, **PREDICTED)
    frame = LinearizeStage(Linearize(highlights="keep"))(DecodeStage(Decode(), "cpu")(Frame(source=source)))
    assert float(frame.image().max()) == pytest.approx(float(samples.max()), rel=1e-5)
