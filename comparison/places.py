"""Where to look: the places where variants differ most, and where most light was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from .pictures import Picture, colour_difference, fitted, linear

MAP_SIDE = 384
"""Long side of the small pictures that places are chosen on."""
SMALLEST, LARGEST = 96, 320
"""Sides of a crop, pixels: a third of the picture's short side within these."""
VISIBLE_DIFFERENCE, VISIBLE_LIGHT = 0.05, 1e-4
"""Mean Delta E 2000, and share of display white, below which a place is not worth showing."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""ITU-R BT.709-6, of linear sRGB."""

Map = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A crop, in pixels of the pictures that are compared."""

    row: int
    column: int
    height: int
    width: int
    why: str
    """`difference` or `light`."""
    amount: float
    """Mean over the place: Delta E 2000, or linear light as a share of display white."""

    def of(self, picture: Picture) -> Picture:
        """Return the part of a picture of the compared size."""
        return picture[self.row : self.row + self.height, self.column : self.column + self.width]


def difference_map(pictures: Sequence[Picture]) -> Map:
    """Return, small, the largest Delta E 2000 between any two of the pictures at each place."""
    small = [fitted(picture, MAP_SIDE) for picture in pictures]
    largest: Map = np.zeros(small[0].shape[:2])
    for one, other in combinations(small, 2):
        largest = np.maximum(largest, colour_difference(one, other))
    return largest


def light_map(reflections: Sequence[Picture], shape: tuple[int, ...]) -> Map:
    """Return, at a small shape (h, w), the most light that any reflection holds at each place, 1 = display white."""
    most: Map = np.zeros(shape[:2])
    for reflection in reflections:
        light = linear(reflection) @ _LUMINANCE
        most = np.maximum(most, cv2.resize(light, (shape[1], shape[0]), interpolation=cv2.INTER_AREA))
    return most


def choose_places(differs: Map, light: Map, height: int, width: int, count: int) -> tuple[Place, ...]:
    """Choose crops that do not overlap, by difference and by light in turn; the same maps give the same places.

    Parameters
    ----------
    differs, light : (h, w)
        Maps of the whole picture, of one shape.
    height, width : int
        Size of the pictures that are compared.
    count : int
        Most crops; fewer where the picture is too small or nothing is to be seen.
    """
    side = min(max(min(height, width) // 3, SMALLEST), LARGEST)
    size = (min(side, height), min(side, width))
    scale = (differs.shape[0] / height, differs.shape[1] / width)
    window = tuple(max(1, round(size[axis] * scale[axis])) for axis in (0, 1))
    scores = {"difference": _means(differs, window), "light": _means(light, window)}
    limits = {"difference": VISIBLE_DIFFERENCE, "light": VISIBLE_LIGHT}
    free = np.ones_like(scores["light"], dtype=bool)
    places: list[Place] = []
    turns = ["difference", "light"]
    while turns and len(places) < count:
        why = turns.pop(0)
        score = np.where(free, scores[why], -1.0)
        y, x = np.unravel_index(int(score.argmax()), score.shape)
        if score[y, x] <= limits[why]:
            continue
        row = min(round(int(y) / scale[0]), height - size[0])
        column = min(round(int(x) / scale[1]), width - size[1])
        places.append(
            Place(row=row, column=column, height=size[0], width=size[1], why=why, amount=float(score[y, x]))
        )
        _take(free, places[-1], scale, (height, width))
        turns.append(why)
    return tuple(places)


def _means(figures: Map, window: tuple[int, ...]) -> Map:
    """Return the mean over the window that begins at each place, wherever it fits in."""
    total = np.pad(figures.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    rows, columns = (min(window[axis], figures.shape[axis]) for axis in (0, 1))
    sums = (
        total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
    )
    means: Map = sums / (rows * columns)
    return means


def _take(free: NDArray[np.bool_], place: Place, scale: tuple[float, float], whole: tuple[int, int]) -> None:
    """Mark the windows whose crops would overlap a place as taken."""
    last = (whole[0] - place.height, whole[1] - place.width)
    rows, columns = (np.round(np.arange(free.shape[a]) / scale[a]).clip(max=last[a]) for a in (0, 1))
    over = (np.abs(rows - place.row) < place.height, np.abs(columns - place.column) < place.width)
    free[np.ix_(*over)] = False
