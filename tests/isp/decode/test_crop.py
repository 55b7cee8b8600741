"""The maker's crop cuts pixels, and everything that counts from their corner."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unveil.isp.cfa import colour_index, tile_pattern
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.demosaic.libraw import demosaic_libraw
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Decode, Demosaic, Linearize
from unveil.pipeline.frame import Frame, Space

Maker = Callable[..., Path]
ORDERS = (((0, 1), (1, 2)), ((1, 0), (2, 1)), ((1, 2), (0, 1)), ((2, 1), (1, 0)))
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
WHITE = (50717, 4, 1, 4095)
BLACK = [(50713, 3, 2, (2, 2)), (50714, 5, 4, (100, 1, 110, 1, 120, 1, 130, 1))]
Tags = list[tuple[int, int, int, tuple[int, ...]]]


def crop(top: int, left: int, height: int, width: int) -> Tags:
    return [(50719, 4, 2, (left, top)), (50720, 4, 2, (width, height))]


def decode(source: Path, part: str = "maker") -> Frame:
    return DecodeStage(Decode.model_validate({"crop": part}), "cpu")(Frame(source=source))


def counts(height: int, width: int, planes: tuple[int, ...] = ()) -> np.ndarray:
    return np.random.default_rng(7).integers(200, 4000, (height, width, *planes)).astype(np.uint16)


@pytest.mark.parametrize(("cfa", "corner"), list(product(ORDERS, [(0, 1), (3, 5), (8, 2), (1, 4)])))
def test_bayer_keeps_its_colours_and_levels(
    make_dng: Maker, cfa: tuple[tuple[int, ...], ...], corner: tuple[int, int]
) -> None:
    source = make_dng(counts(64, 80), cfa=cfa, tags=[WHITE, *BLACK, *crop(*corner, 45, 67)])
    whole, part = decode(source, "visible"), decode(source)
    area = np.s_[corner[0] : corner[0] + 45, corner[1] : corner[1] + 67]
    assert torch.equal(part.image()[0], whole.image()[0][area])
    assert part.camera.cfa is not None
    assert torch.equal(colour_index(part.camera.cfa, 45, 67), colour_index(cfa, 64, 80)[area])
    black = [
        tile_pattern(f.camera.black, f.image().shape[1], f.image().shape[2], f.image()) for f in (part, whole)
    ]
    assert torch.equal(black[0], black[1][area])
    assert (part.camera.size, part.camera.crop, part.camera.origin) == ((45, 67), None, corner)
    assert f"cut off: left {corner[1]}, top {corner[0]}, right {80 - 67 - corner[1]}" in part.notes[-2]


def test_the_default_cuts_nothing(make_dng: Maker) -> None:
    source = make_dng(counts(64, 80), cfa=ORDERS[0], tags=[WHITE, *crop(3, 5, 45, 67)])
    frame = DecodeStage(Decode(), "cpu")(Frame(source=source))
    assert (frame.image().shape, frame.camera.crop) == ((1, 64, 80), (3, 5, 45, 67))


def test_a_file_without_crop_stays_and_says_so(make_dng: Maker) -> None:
    source = make_dng(counts(64, 80), cfa=ORDERS[0], tags=[WHITE])
    frame = decode(source)
    assert frame.image().shape == (1, 64, 80)
    assert "crop: nothing is cut off; the file names no part that its maker shows" in frame.notes


def test_three_colours_are_cut(make_dng: Maker) -> None:
    samples = counts(64, 80, (3,))
    frame = decode(make_dng(samples, tags=[(50717, 4, 3, (4095,) * 3), *crop(3, 5, 40, 60)]))
    assert frame.space is Space.CAMERA_RGB
    assert np.allclose(frame.image().numpy(), samples[3:43, 5:65].transpose(2, 0, 1) / 4095)


def test_finished_pictures_stay(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.new("RGB", (40, 30), (10, 20, 30)).save(source)
    frame = decode(source)
    assert frame.image().shape == (3, 30, 40)
    assert not any("crop" in note for note in frame.notes)


@pytest.mark.parametrize("algorithm", ["auto", "libraw", "vng", "ppg", "malvar2004"])
def test_bayer_is_interpolated_as_if_it_were_whole(make_dng: Maker, algorithm: str) -> None:
    smooth = np.clip(np.cumsum(np.random.default_rng(1).normal(0, 20, (96, 120)), 1) + 2000, 200, 4000)
    source = make_dng(smooth.astype(np.uint16), cfa=ORDERS[0], tags=[WHITE, *crop(7, 11, 70, 90)])
    found = {}
    for part in ("visible", "maker"):
        frame = LinearizeStage(Linearize())(decode(source, part))
        found[part] = DemosaicStage(Demosaic.model_validate({"algorithm": algorithm}))(frame).image()
    inner = found["visible"][:, 7 + 10 : 77 - 10, 11 + 10 : 101 - 10]
    assert torch.allclose(found["maker"][:, 10:-10, 10:-10], inner, atol=2e-5)


def test_x_trans_is_interpolated_as_if_it_were_whole(make_dng: Maker) -> None:
    samples = (2000 + 1500 * np.sin(np.arange(600)[:, None] / 9) * np.cos(np.arange(540) / 7)).astype(
        np.uint16
    )
    source = make_dng(samples, cfa=XTRANS, tags=[WHITE, *crop(5, 7, 577, 521)])
    whole, part = (LinearizeStage(Linearize())(decode(source, name)) for name in ("visible", "maker"))
    every = demosaic_libraw(source, whole.image())
    cut = demosaic_libraw(source, part.image(), origin=part.camera.origin)
    assert cut.shape == (3, 577, 521)
    assert torch.allclose(cut[:, 24:-24, 24:-24], every[:, 5 + 24 : 582 - 24, 7 + 24 : 528 - 24], atol=1e-4)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "size", "corner"),
    [
        ("blackmagic_pocket4k.dng", (2160, 4096), (8, 16)),
        ("canon_eos_d30.crw", (1440, 2160), (6, 8)),
    ],
)
def test_real_files_lose_their_edges(
    shared_data: Path, name: str, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    frame = decode(shared_data / "raw" / name)
    assert frame.image().shape[1:] == size
    assert frame.camera.origin == corner
    if name.startswith("blackmagic"):
        black = float(frame.camera.black[0][0])
        assert float(frame.image()[0, :, -4:].mean()) > black + 100
