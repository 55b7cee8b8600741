"""RAW-to-RGB mapping: white-balanced camera RGB to a linear working space.

Reference: DNG specification 1.7, chapter 6 "Mapping Camera Color Space to CIE XYZ Space".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from ...pipeline.errors import RecipeError
from ...pipeline.frame import Camera, Frame, Space
from ...pipeline.profile import CameraProfile
from ..bands import by_bands
from ..parameters import Colour
from .balance import Balance, choose_balance, light_of_balance
from .cube import Cube, apply_cube, read_cube, share_outside
from .matrices import apply_matrix, camera_matrix, rgb_to_rgb
from .tables import apply_table, table_at
from .white_balance import D65_KELVIN

__all__ = ["ColourStage", "apply_matrix", "camera_matrix", "change_colour", "rgb_to_rgb"]

Change = Callable[[Tensor], Tensor]


def change_colour(frame: Frame, change: Change) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Apply the same colour change, which looks at each pixel alone, to pixels and every (3, H, W) layer of
    a frame.

    One-channel layers (confidence) hold no colour and stay as they are.
    """
    layers = {
        name: by_bands(change, layer) if layer.shape[0] == 3 else layer
        for name, layer in frame.layers.items()
    }
    return by_bands(change, frame.image()), MappingProxyType(layers)


class ColourStage:
    """Camera RGB to the working space; finished pictures only change their primaries."""

    def __init__(self, parameters: Colour) -> None:
        self.parameters = parameters
        self.cube = _cube(parameters)

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame as LINEAR_RGB in the working space; nothing is clipped.

        Raises
        ------
        FrameError
            If the white balance cannot be picked where the recipe says.
        """
        space = self.parameters.working_space
        if frame.space is Space.LINEAR_RGB:
            matrix = rgb_to_rgb(frame.primaries, space, self.parameters.adaptation)
            remarks = [f"{frame.primaries} to {space}; white balance left as it was in the picture"]
            change = _matrix_change(matrix)
        else:
            balance = choose_balance(frame, self.parameters)
            frame = frame.decide(white_balance=balance.multipliers)
            change, remarks = self._from_camera(frame.camera, balance)
        pixels, layers = change_colour(frame, change)
        frame = replace(frame, pixels=pixels, layers=layers, space=Space.LINEAR_RGB, primaries=space)
        return self._through_cube(frame.note(*remarks))

    def _from_camera(self, camera: Camera, balance: Balance) -> tuple[Change, list[str]]:
        """Return the change of colour and what is to be said of it."""
        wanted, multipliers = self.parameters, balance.multipliers
        remarks = [f"white balance {' '.join(f'{value:.3f}' for value in multipliers)}", *balance.words]
        tables = _tables(camera, balance, wanted)
        space = "ProPhoto" if tables else wanted.working_space
        matrix, remark = camera_matrix(
            camera, space, multipliers, adaptation=wanted.adaptation, model=wanted.model
        )
        remarks += [remark] if remark else _words(camera, balance, wanted)
        first = _matrix_change(matrix * torch.tensor(multipliers))
        if not tables:
            return first, remarks
        last = _matrix_change(rgb_to_rgb(space, wanted.working_space, wanted.adaptation))

        def change(image: Tensor) -> Tensor:
            image = first(image)
            for table in tables:
                image = table(image)
            return last(image)

        return change, remarks

    def _through_cube(self, frame: Frame) -> Frame:
        cube = self.cube
        if cube is None:
            return frame
        outside = share_outside(frame.image(), cube)
        pixels, layers = change_colour(frame, lambda image: apply_cube(image, cube))
        words = f"table {cube.name} ({cube.describe()}) in linear {frame.primaries}"
        if outside:
            words += (
                f"; {outside:.2%} of the pixels are outside its domain and go on beyond its ends unchanged"
            )
        return replace(frame, pixels=pixels, layers=layers).note(words)


def _cube(parameters: Colour) -> Cube | None:
    try:
        return read_cube(Path(parameters.lut)) if parameters.lut is not None else None
    except ValueError as error:
        raise RecipeError(f"colour.lut: {error}") from error


def _matrix_change(matrix: Tensor) -> Change:
    return lambda image: apply_matrix(image, matrix)


def _tables(camera: Camera, balance: Balance, parameters: Colour) -> list[Change]:
    """The changes by the tables of a DNG's profile that are wanted and there, of linear ProPhoto RGB."""
    profile = camera.profile
    if profile is None or parameters.profile == "matrices" or parameters.model == "libraw":
        return []
    light = light_of_balance(camera, balance.multipliers)
    found: list[Change] = []
    if profile.hue_sat:
        hue_sat = table_at(profile.hue_sat, light[0] if light else D65_KELVIN)
        found.append(lambda image: apply_table(image, hue_sat))
    if profile.look is not None and parameters.profile == "full":
        look, gain = profile.look, 2.0**camera.baseline_exposure
        # The look is made for light at the exposure that the maker asks for, which `tone` gives it.
        found.append(lambda image: apply_table(image * gain, look) / gain)
    return found


def _words(camera: Camera, balance: Balance, parameters: Colour) -> list[str]:
    """What the matrices are and for which light, and what of the profile is left out."""
    if not camera.matrix_source:
        return []
    words = f"colour matrix from {camera.matrix_source}"
    if parameters.model == "libraw":
        return [f"{words}, for daylight, balanced in camera RGB"]
    light = light_of_balance(camera, balance.multipliers)
    profile = camera.profile or CameraProfile()
    words += ", with its forward matrices" if profile.forward else ""
    words += f", for a light of {light[0]:.0f} K, tint {light[1]:+.0f}" if light else ""
    return [words, *_table_words(profile, parameters)]


def _table_words(profile: CameraProfile, parameters: Colour) -> list[str]:
    there = {"hue and saturation map": bool(profile.hue_sat), "look table": profile.look is not None}
    applied = {"matrices": 0, "hue-sat": 1, "full": 2}[parameters.profile]
    name = f"profile {profile.name!r}" if profile.name else "profile"
    said = []
    for place, (table, present) in enumerate(there.items()):
        if present:
            done = "applied" if place < applied else f"not applied (profile: {parameters.profile})"
            said.append(f"{name}: its {table} is {done}")
    return said
