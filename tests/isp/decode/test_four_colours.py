"""Sensors with four colours: what was written into a DNG comes out as three, in its true colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from unveil.isp.colour.colorimetry import D65_XY, rgb_to_xyz, xy_to_xyz
from unveil.isp.colour.stage import ColourStage
from unveil.isp.decode.four_colours import find_reduction, limit_and_mix
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Colour, Decode, Linearize
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Frame, Space

RGBE = np.array([[0.7, 0.2, -0.1], [-0.3, 1.2, 0.1], [-0.05, 0.1, 0.9], [-0.4, 1.1, 0.4]])
CYGM = np.array([[-0.2, 1.1, 0.2], [-0.3, 1.0, 0.7], [0.5, 0.9, -0.1], [0.5, 0.2, 0.6]])
"""XYZ to green, cyan, yellow and magenta."""
WARM = RGBE * [1.2, 1.0, 0.7]
D65 = xy_to_xyz(D65_XY)
BLACK, WHITE, SIDE = 128, 16000, 32
COLOURS = np.array(
    [[0.5, 0.5, 0.5], [0.4, 0.2, 0.15], [0.1, 0.3, 0.2], [0.1, 0.15, 0.4], [0.5, 0.45, 0.1], [0.3, 0.05, 0.2]]
)
"""Linear Rec. 2020 of patches, the first grey."""
Pattern = Sequence[Sequence[int]]


def rationals(values: np.ndarray) -> list[int]:
    return [part for value in np.ravel(values) for part in (round(float(value) * 10000), 10000)]


def write(
    path: Path,
    samples: np.ndarray,
    cfa: Pattern,
    planes: Sequence[int],
    tags: Sequence[tuple[int, int, int, Any]],
) -> Path:
    """`cfa` has places in `planes`, which are CFAPlaneColor."""
    every = [
        (50706, 1, 4, (1, 4, 0, 0)),
        (50708, 2, 0, "Four colours"),
        (271, 2, 0, "Testmaker"),
        (33421, 3, 2, (2, 2)),
        (33422, 1, 4, bytes(planes[place] for row in cfa for place in row)),
        (50710, 1, 4, bytes(planes)),
        (50714, 3, 1, BLACK),
        (50717, 4, 1, WHITE),
        *tags,
    ]
    tifffile.imwrite(
        path,
        samples,
        photometric=1,
        metadata=None,
        software=False,
        extratags=[(*tag, True) for tag in sorted(every, key=lambda tag: tag[0])],
    )
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags[262].overwrite(32803)
    return path


def seen(matrix: np.ndarray, light: np.ndarray = D65) -> np.ndarray:
    """What the camera sees of the patches (n, 4), scaled so that white just saturates its brightest colour."""
    white = matrix @ light
    return np.asarray(COLOURS @ (matrix @ rgb_to_xyz("Rec2020")).T / white.max())


def mosaic(camera: np.ndarray, cfa: Pattern) -> np.ndarray:
    """Patches beside each other as counts."""
    picture = np.repeat(camera, SIDE, axis=0)[None].repeat(2 * SIDE, axis=0)
    places = np.tile(np.array(cfa), (SIDE, picture.shape[1] // 2))
    chosen = np.take_along_axis(picture, places[..., None], 2)[..., 0]
    counts: np.ndarray = (BLACK + chosen * (WHITE - BLACK)).round().astype(np.uint16)
    return counts


def colour_tags(matrix: np.ndarray, light: np.ndarray = D65) -> list[tuple[int, int, int, Any]]:
    neutral = matrix @ light / (matrix @ light).max()
    return [(50721, 10, 12, rationals(matrix)), (50778, 3, 1, 21), (50728, 5, 4, rationals(neutral))]


def decode(source: Path) -> Frame:
    return DecodeStage(Decode(), "cpu")(Frame(source=source))


def centres(frame: Frame) -> np.ndarray:
    """(n, 3) values in the middle of the patches."""
    middle = frame.image()[:, SIDE // 2 : -SIDE // 2].unfold(2, SIDE, SIDE)[..., SIDE // 4 : -SIDE // 4]
    return np.asarray(middle.mean((1, 3)).T.numpy())


@pytest.mark.parametrize(
    ("matrix", "planes", "letters"), [(RGBE, (0, 1, 2, 3), "RGBC"), (CYGM, (1, 3, 5, 4), "GCYM")]
)
@pytest.mark.parametrize("cfa", [((0, 1), (3, 2)), ((2, 3), (1, 0)), ((1, 2), (0, 3))])
def test_patches_come_out_in_their_colours(
    tmp_path: Path, matrix: np.ndarray, planes: Sequence[int], letters: str, cfa: Pattern
) -> None:
    source = write(tmp_path / "four.dng", mosaic(seen(matrix), cfa), cfa, planes, colour_tags(matrix))
    frame = decode(source)
    assert (frame.space, frame.camera.cfa) == (Space.CAMERA_RGB, None)
    assert any(letters in note and "four colours" in note for note in frame.notes)
    done = ColourStage(Colour())(LinearizeStage(Linearize())(frame))
    found = centres(done)
    assert np.abs(found / found[0].mean() * 0.5 - COLOURS).max() < 2e-3


def test_white_balance_can_be_chosen_after_four_became_three(tmp_path: Path) -> None:
    cfa = ((0, 1), (3, 2))
    wrong = [*colour_tags(RGBE)[:2], (50728, 5, 4, rationals(np.array([0.6, 1.0, 0.7, 0.9])))]
    source = write(tmp_path / "four.dng", mosaic(seen(RGBE), cfa), cfa, (0, 1, 2, 3), wrong)
    daylight = Colour(white_balance="daylight")
    frame = LinearizeStage(Linearize(highlights="keep"))(decode(source))
    found = centres(ColourStage(daylight)(frame))
    assert np.abs(found / found[0].mean() * 0.5 - COLOURS).max() < 5e-3


def test_blown_areas_are_grey(tmp_path: Path) -> None:
    cfa = ((0, 1), (3, 2))
    samples = np.minimum(mosaic(4 * seen(RGBE), cfa), WHITE).astype(np.uint16)
    source = write(tmp_path / "four.dng", samples, cfa, (0, 1, 2, 3), colour_tags(RGBE))
    frame = decode(source)
    assert any("so that blown areas are neutral" in note for note in frame.notes)
    grey = centres(ColourStage(Colour())(LinearizeStage(Linearize())(frame)))[0]
    assert np.ptp(grey) < 1e-3


def test_a_file_without_matrix_is_refused_in_one_sentence(tmp_path: Path) -> None:
    cfa = ((0, 1), (3, 2))
    source = write(tmp_path / "four.dng", mosaic(seen(RGBE), cfa), cfa, (0, 1, 2, 3), colour_tags(RGBE)[1:])
    with pytest.raises(
        FrameError, match=r"four\.dng: its sensor has the four colours RGBC and there is no colour"
    ):
        decode(source)


def test_a_light_between_two_calibrations_is_found() -> None:
    both = find_reduction(((2856.0, WARM), (6504.0, RGBE)), RGBE @ D65)
    for (kelvin, three), four in zip(both.matrices, (WARM, RGBE), strict=True):
        assert kelvin in (2856.0, 6504.0)
        assert np.allclose(three, both.mix @ four)
    assert np.allclose(np.linalg.inv(both.matrices[1][1]) @ both.mix @ RGBE, np.eye(3))


def test_a_reduction_matrix_of_the_file_is_used() -> None:
    own = np.eye(3, 4)
    found = find_reduction(((6504.0, RGBE),), None, own)
    grey = RGBE @ D65
    assert np.allclose(found.mix / found.mix[0, 0], own)
    assert np.allclose(found.balance, grey[1] / grey[:3])


@pytest.mark.parametrize(
    ("matrix", "neutral"),
    [
        (np.ones((4, 3)), None),
        (RGBE, np.array([1.0, 0.0, 1.0, 1.0])),
        (RGBE, np.array([1.0, 0.01, 1.0, 0.01])),
    ],
)
def test_matrices_of_no_use_are_refused(matrix: np.ndarray, neutral: np.ndarray | None) -> None:
    with pytest.raises(ValueError, match="its colour matrix"):
        find_reduction(((6504.0, matrix),), neutral)


def test_grey_that_saturates_has_one_as_its_highest() -> None:
    reduction = find_reduction(((6504.0, CYGM),), np.array([0.5, 0.9, 0.7, 0.8]))
    planes = torch.full((4, 2, 3), 1.0)
    mixed, share = limit_and_mix(planes, reduction)
    assert mixed.shape == (3, 2, 3)
    assert float(mixed.max()) == pytest.approx(1)
    assert np.allclose(mixed[:, 0, 0].numpy() * reduction.balance, mixed[1, 0, 0], atol=1e-6)
    assert share == 0.75


def test_mixing_scales_and_passes_what_is_no_number() -> None:
    reduction = find_reduction(((6504.0, RGBE),), None)
    planes = torch.rand(4, 3, 5, generator=torch.Generator().manual_seed(1)) * 0.1
    once, _ = limit_and_mix(planes, reduction)
    assert torch.allclose(limit_and_mix(planes * 2, reduction)[0], once * 2, atol=1e-6)
    planes[2, 1, 1] = torch.nan
    assert limit_and_mix(planes, reduction)[0].isnan().any(0).sum() == 1
