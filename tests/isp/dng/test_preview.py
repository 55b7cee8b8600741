"""The preview of a DNG shows the picture, small and in the right colours."""

from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch

from unveil.isp.dng.preview import LONG_SIDE, fitting_crop, preview_picture
from unveil.pipeline.frame import Camera, Frame, Space

XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
GREY = Camera(cfa=((0, 1), (1, 2)), white_balance=(2.0, 1.0, 1.5))


def shown(frame: Frame) -> np.ndarray:
    (data,) = preview_picture(frame, frame.image(), 92).pieces
    return np.asarray(imagecodecs.jpeg8_decode(data))


def mosaic(height: int, width: int, camera: Camera = GREY) -> Frame:
    return Frame(
        source=Path("a.dng"),
        pixels=torch.full((1, height, width), 0.2),
        space=Space.CFA_LINEAR,
        camera=camera,
    )


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((2, 2), (1, 1)),
        ((3, 5), (1, 2)),
        ((64, 96), (32, 48)),
        ((2176, 4128), (540, 1024)),
        ((9, 5000), (2, 1024)),
        ((5000, 9), (1024, 2)),
    ],
)
def test_its_long_side_is_at_most_1024(size: tuple[int, int], small: tuple[int, int]) -> None:
    found = shown(mosaic(*size))
    assert max(found.shape) <= LONG_SIDE
    assert np.abs(np.array(found.shape[:2]) - small).max() <= 1


@pytest.mark.parametrize("cfa", [((0, 1), (1, 2)), ((1, 2), (0, 1)), XTRANS])
def test_a_grey_is_grey(cfa: tuple[tuple[int, ...], ...]) -> None:
    frame = mosaic(1200, 1800, replace(GREY, cfa=cfa))
    levels = torch.tensor([0.1, 0.2, 0.2 / 1.5])
    colours = torch.tensor(cfa)[torch.arange(1200)[:, None] % len(cfa), torch.arange(1800) % len(cfa)]
    found = shown(replace(frame, pixels=levels[colours][None])).astype(float)
    assert np.ptp(found, axis=2).max() <= 2
    assert found.std() < 1


def test_blown_areas_are_white() -> None:
    frame = replace(mosaic(64, 64), pixels=torch.ones(1, 64, 64))
    assert np.ptp(shown(frame)) <= 2


def test_a_finished_picture_in_linear_light_keeps_its_brightness() -> None:
    pixels = torch.full((3, 40, 60), 0.2140)  # sRGB 0.5
    frame = Frame(source=Path("a.jpg"), pixels=pixels, space=Space.LINEAR_RGB, primaries="sRGB")
    assert np.abs(shown(frame).astype(int) - 128).max() <= 1


def test_only_the_makers_crop_is_shown() -> None:
    frame = mosaic(64, 96, replace(GREY, crop=(8, 16, 40, 60)))
    assert shown(frame).shape[:2] == (20, 30)


def test_a_crop_of_another_size_does_not_fit() -> None:
    frame = mosaic(64, 96, replace(GREY, crop=(8, 16, 40, 60)))
    assert fitting_crop(frame, torch.zeros(3, 64, 96)) == (8, 16, 40, 60)
    assert fitting_crop(frame, torch.zeros(3, 32, 48)) is None
