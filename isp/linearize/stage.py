"""Sensor counts to 0 at black and 1 at saturation, and finished pictures back to linear light.

References: DNG specification 1.7, chapter 5 "Mapping Raw Values to Linear Reference Values". Nothing is
clipped below black unless a recipe asks for it: noise around black stays symmetric, so that means stay true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import torch
from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space, Triple
from ..cfa import is_monochrome, tile_pattern
from ..colour.balance import choose_balance
from ..decode.saturation import observed_saturation
from ..parameters import Colour, Linearize
from ..tone.stage import decode_curve
from .highlights import How, estimate_highlights
from .hot_pixels import repair_hot_pixels

AS_SHOT = Colour()
"""Which white balance makes blown areas neutral: that of an .xmp beside the file, else the camera's."""
BELOW = 0.005
"""Share of the samples in a pile of saturated ones that pass for unsaturated: noise has no sharp edge."""
CLIPPED = "clipped"
"""Map of what is saturated."""
Levels = Sequence[Sequence[float]]


def subtract_black(pixels: Tensor, black: Levels, white: Levels) -> Tensor:
    """Map sensor counts to 0 at black and 1 at saturation.

    Parameters
    ----------
    pixels : (C, H, W) float32
        Samples as decoded, in sensor counts.
    black, white : rows of numbers
        Black and saturation level of each cell of a repeating pattern, in counts; the patterns may differ in
        size and start at the first row and column.

    Returns
    -------
    (C, H, W) float32
        Linear samples. Not clipped: below black stays negative, above saturation stays above 1.

    Raises
    ------
    ValueError
        If a white level is not above the black level of its cell.
    """
    height, width = pixels.shape[-2:]
    low = tile_pattern(black, height, width, pixels)
    span = tile_pattern(white, height, width, pixels) - low
    if bool((span <= 0).any()):
        raise ValueError(f"the white level {_words(white)} is not above the black level {_words(black)}")
    return (pixels - low) / span


def limit_highlights(pixels: Tensor, limits: Tensor) -> tuple[Tensor, float]:
    """Limit samples from above; return them and the share of samples that was limited.

    `pixels` (C, H, W) and `limits`, of a shape that broadcasts to it, share dtype and device.
    """
    return torch.minimum(pixels, limits), float((pixels > limits).float().mean())


class LinearizeStage:
    """Counts to linear samples; a display picture loses its curve; camera RGB is linear already."""

    def __init__(self, parameters: Linearize) -> None:
        self.parameters = parameters

    def __call__(self, frame: Frame) -> Frame:
        """Linearize a frame; `FrameError` if its levels make no sense."""
        if frame.space is Space.DISPLAY_RGB:
            return self._finished(frame)
        if frame.space is Space.CFA:
            frame = _linear_mosaic(frame)
        if self.parameters.hot_pixels == "repair":
            frame = _repaired(frame)
        if CLIPPED in self.parameters.keep:
            frame = _keep(frame, frame.image() >= _saturation(frame))
        return self._highlights(_clip_black(frame) if self.parameters.below_black == "clip" else frame)

    def _highlights(self, frame: Frame) -> Frame:
        how = self.parameters.highlights
        if how == "clip":
            return _clip_highlights(frame)
        return frame if how == "keep" else _estimated(frame, how)

    def _finished(self, frame: Frame) -> Frame:
        if CLIPPED in self.parameters.keep:
            frame = _keep(frame, frame.image() >= 1)
        return replace(
            frame, pixels=decode_curve(frame.image(), frame.curve), space=Space.LINEAR_RGB, curve=""
        )


def _linear_mosaic(frame: Frame) -> Frame:
    camera = frame.camera
    try:
        linear = subtract_black(frame.image(), camera.black, camera.white)
    except ValueError as error:
        raise FrameError(f"{frame.source}: {error}; the file's levels cannot be used") from error
    return replace(frame, pixels=linear, space=Space.CFA_LINEAR)


def _clip_black(frame: Frame) -> Frame:
    share = float((frame.image() < 0).float().mean())
    clipped = replace(frame, pixels=frame.image().clamp(min=0))
    return clipped.note(f"below black: {share:.2%} of the samples cut off")


def _clip_highlights(frame: Frame) -> Frame:
    pixels = frame.image()
    balance = choose_balance(frame, AS_SHOT)
    saturation = observed_saturation(pixels, frame.camera.cfa)
    limited, share = limit_highlights(pixels, _limits(frame, balance.multipliers) * saturation)
    words = f"highlights: {share:.2%} of the samples limited, so that blown areas are neutral"
    if saturation < 1:
        words += f"; this frame saturates at {saturation:.3f} of the level that LibRaw gives"
    frame = replace(frame, pixels=limited).note(words)
    return frame.note(*(f"highlights: {word}" for word in balance.words))


def _saturation(frame: Frame) -> float:
    """Level from which on samples are taken as saturated, however near the recorded white level that is."""
    return observed_saturation(frame.image(), frame.camera.cfa, highest=1.0, share=BELOW)


def _keep(frame: Frame, blown: Tensor) -> Frame:
    share = blown.float().mean(0, keepdim=True)
    maps = MappingProxyType({**frame.maps, CLIPPED: share})
    return replace(frame, maps=maps).note(f"clipped: {float(share.mean()):.2%} of the samples are saturated")


def _repaired(frame: Frame) -> Frame:
    cfa = frame.camera.cfa
    if cfa is None or frame.image().shape[0] == 3:
        return frame.note("hot pixels: not looked for, as there is no mosaic")
    pixels, count = repair_hot_pixels(frame.image(), cfa)
    return replace(frame, pixels=pixels).note(f"hot pixels: {count} repaired")


def _estimated(frame: Frame, how: How) -> Frame:
    pixels, cfa = frame.image(), frame.camera.cfa
    if cfa is not None and is_monochrome(cfa):
        return frame.note("highlights: left as they are: one colour gives nothing to estimate them from")
    level = _saturation(frame)
    blown = pixels >= level
    balance = choose_balance(frame, AS_SHOT)
    found = estimate_highlights(pixels, blown, cfa, level=level, multipliers=balance.multipliers, how=how)
    words = f"highlights: {float(blown.float().mean()):.2%} of the samples are blown"
    if bool(blown.any()):
        words += f" and were estimated, up to {float(found[blown].max()):.2f} times saturation"
    frame = replace(frame, pixels=found).note(words)
    return frame.note(*(f"highlights: {word}" for word in balance.words))


def _limits(frame: Frame, multipliers: Triple) -> Tensor:
    """Level at which each sample reaches 1 after white balance: (3, 1, 1), or (1, H, W) for a mosaic."""
    pixels, cfa = frame.image(), frame.camera.cfa
    levels = [1.0 / multiplier for multiplier in multipliers]
    if cfa is None or pixels.shape[0] == 3:
        return pixels.new_tensor(levels)[:, None, None]
    if is_monochrome(cfa):
        return pixels.new_ones((1, 1, 1))
    cells = [[levels[colour] for colour in row] for row in cfa]
    return tile_pattern(cells, pixels.shape[1], pixels.shape[2], pixels)[None]


def _words(levels: Levels) -> str:
    values = sorted({value for row in levels for value in row})
    return " to ".join(f"{value:g}" for value in dict.fromkeys((values[0], values[-1])))
