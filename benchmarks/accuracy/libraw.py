"""Our development beside LibRaw's (`rawpy.postprocess`), on real RAW files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rawpy
import torch
from numpy.typing import NDArray

from unveil.benchmarks.accuracy.table import Table
from unveil.isp.cfa import is_bayer, tile_pattern
from unveil.isp.colour.colorimetry import D65_XY, colour_science, rgb_to_xyz
from unveil.isp.colour.stage import ColourStage
from unveil.isp.colour.white_balance import white_balance
from unveil.isp.decode.saturation import observed_saturation
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.demosaic.libraw import demosaic_libraw
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import CameraModel, Colour, Decode, Demosaic, Linearize
from unveil.pipeline.frame import Frame, Space

SPACE = "sRGB"
LINEAR, AHD = "LINEAR", "AHD"
SAMPLES = 250_000
"""Pixels, evenly spread, that are compared."""
NOT_RAW = (".json", ".md", ".txt", ".xmp", ".jpg", ".png")
WORDS = """Delta E 2000 (CIE 142-2001) between linear sRGB pictures, mean and 99th percentile over the whole picture,
both cut off at black and white, against `rawpy.postprocess` with AHD, the as-shot white balance (daylight where the
file says none), no automatic brightness and a linear curve. *equal settings* is a recipe that does what LibRaw does:
`linearize: {highlights: clip, below_black: clip}`, `demosaic: {algorithm: ahd}` (X-Trans and files with three colours
take what there is for them) and `colour: {model: libraw}`. *linear* is the same with linear interpolation, which
decides nothing. The other columns change one setting: *below black kept* leaves noise below black, as our default does,
because cutting it off makes dark areas brighter; *`model: dng`*, our default too, changes the colours. LibRaw takes one
matrix, for daylight, and scales in camera RGB; the DNG specification finds the light and adapts from it.

*saturates at* is the share of the recorded white level at which a sensor stops short of it (1: it does not): `clip`
finds it and says so. There LibRaw, left to itself, tints blown areas; so it is given that level (`user_sat`; `-S` of
dcraw_emu), and our picture is brightened by the same factor, as `tone: {exposure: ...}` does."""


def tables(data: Path) -> Sequence[Table]:
    """Measure every RAW file of `data/raw`."""
    files = [
        path for path in sorted((data / "raw").iterdir()) if path.is_file() and path.suffix not in NOT_RAW
    ]
    return [
        Table(
            title="Beside LibRaw",
            header=(
                "file",
                "saturates at",
                "equal settings: mean",
                "p99",
                "linear: mean",
                "p99",
                "below black kept: mean",
                "p99",
                "`model: dng`: mean",
                "p99",
            ),
            rows=[_row(path) for path in files],
            words=WORDS,
        )
    ]


def _row(path: Path) -> list[str]:
    frame = decoded(path)
    saturation = observed_saturation(frame.image(), frame.camera.cfa)
    theirs = libraws(frame, AHD, saturation)
    mine = by_stages(frame, Linearize(below_black="clip"), saturation)
    pairs = [
        difference(developed(mine, "libraw"), theirs),
        difference(developed(interpolated(frame, LINEAR), "libraw"), libraws(frame, LINEAR)),
        difference(developed(by_stages(frame, Linearize(), saturation), "libraw"), theirs),
        difference(developed(mine, "dng"), theirs),
    ]
    figures = [f"{value:.3f}" for pair in pairs for value in pair]
    return [path.name, f"{saturation:.3f}".rstrip("0").rstrip("."), *figures]


def by_stages(frame: Frame, linearize: Linearize, saturation: float = 1.0) -> Frame:
    """Return our picture in camera RGB as a recipe makes it, `saturation` of the recorded white brought to white."""
    cfa = frame.camera.cfa
    algorithm = Demosaic(algorithm="ahd" if cfa is not None and is_bayer(cfa) else "auto")
    again = DecodeStage(Decode(), "cpu")(Frame(source=frame.source))
    camera = DemosaicStage(algorithm)(LinearizeStage(linearize)(again))
    return replace(camera, pixels=camera.image() / saturation)


def difference(mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and 99th percentile of Delta E 2000 between two pictures (H, W, 3) of linear sRGB."""
    if mine.shape != theirs.shape:
        raise ValueError(f"LibRaw's picture is {theirs.shape}, ours {mine.shape}")
    step = max(1, mine.shape[0] * mine.shape[1] // SAMPLES)
    delta = delta_e(mine.reshape(-1, 3)[::step], theirs.reshape(-1, 3)[::step])
    return float(delta.mean()), float(np.percentile(delta, 99))


def decoded(path: Path) -> Frame:
    """Return a file's linear samples."""
    return LinearizeStage(Linearize(highlights="keep"))(DecodeStage(Decode(), "cpu")(Frame(source=path)))


def interpolated(frame: Frame, algorithm: str) -> Frame:
    """Return the frame in camera RGB, samples cut off at black and white where LibRaw does it."""
    multipliers, _ = white_balance(frame.camera)
    pixels, cfa = frame.image(), frame.camera.cfa
    scale = pixels.new_tensor(multipliers)[:, None, None]
    if frame.space is Space.CFA_LINEAR and cfa is not None:
        cells = [[multipliers[colour] for colour in row] for row in cfa]
        gains = tile_pattern(cells, pixels.shape[1], pixels.shape[2], pixels)[None]
        pixels = demosaic_libraw(frame.source, (pixels * gains).clamp(0, 1), algorithm)
    else:
        pixels = (pixels * scale).clamp(0, 1)
    return replace(frame, pixels=pixels / scale, space=Space.CAMERA_RGB)


def developed(frame: Frame, model: CameraModel) -> NDArray[np.float64]:
    """Return our picture (H, W, 3), linear sRGB in [0, 1], of a frame in camera RGB."""
    multipliers, _ = white_balance(frame.camera)
    done = ColourStage(Colour(working_space=SPACE, model=model, white_balance=multipliers))(frame)
    return done.image().clamp(0, 1).permute(1, 2, 0).to(torch.float64).numpy()


def libraws(frame: Frame, algorithm: str, saturation: float = 1.0) -> NDArray[np.float64]:
    """Return LibRaw's picture (H, W, 3), linear sRGB in [0, 1], `saturation` of the recorded white being white."""
    levels: dict[str, Any] = {"use_camera_wb": True}
    if frame.camera.white_balance is None:
        red, green, blue = white_balance(frame.camera)[0]
        levels = {"user_wb": [red, green, blue, green]}
    if saturation < 1:
        black, white = (max(map(max, rows)) for rows in (frame.camera.black, frame.camera.white))
        levels["user_sat"] = round(saturation * (white - black))  # LibRaw counts it from black
    parameters = rawpy.Params(
        demosaic_algorithm=rawpy.DemosaicAlgorithm[algorithm],
        output_color=rawpy.ColorSpace.sRGB,
        output_bps=16,
        gamma=(1, 1),
        user_flip=0,
        no_auto_bright=True,
        adjust_maximum_thr=0,
        **levels,
    )
    with rawpy.imread(str(frame.source)) as raw:
        return np.asarray(raw.postprocess(parameters), dtype=np.float64) / 65535


def delta_e(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Delta E 2000 (N,) between linear sRGB colours (N, 3), 1 = white."""
    science, matrix = colour_science(), rgb_to_xyz(SPACE)
    lab = [science.XYZ_to_Lab(colours @ matrix.T, D65_XY) for colours in (one, two)]
    return np.asarray(science.delta_E(*lab, method="CIE 2000"), dtype=np.float64)
