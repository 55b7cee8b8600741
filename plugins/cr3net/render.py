"""The `render` stage: mosaic to display picture with CR3Net, in the place of `demosaic`, `colour` and `tone`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.bands import by_bands
from ...isp.orient import UNDO, apply_orientation
from ...isp.parameters import Demosaic
from ...isp.tone.curves import decode_curve, encode_curve
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space
from ..separation.display import CURVE, PRIMARIES, bayer_pattern, develop, show
from ..separation.mosaic import pack_even
from ..separation.proxy import pad
from ..separation.store import find_variant
from ..separation.tiles import in_tiles
from ..separation.weights import named
from .blocks import COLOURS
from .method import Cr3NetMethod
from .network import MULTIPLE
from .parameters import Render
from .plugin import NAME, OWN

CELL = 2


class RenderStage:
    """Show the network the whole mosaic and its display picture, and take its transmission for the frame."""

    def __init__(self, parameters: Render, method: Cr3NetMethod, weights: str = "") -> None:
        self.parameters = parameters
        self.weights = weights
        self.method = method

    @classmethod
    def load(cls, parameters: Render, device: str) -> RenderStage:
        """Build the stage with the weights that there are; `EnvironmentFailure` where there are none."""
        variant, path = find_variant(NAME, parameters.variants, OWN)
        return cls(parameters, Cr3NetMethod.load(variant, path, device, parameters), named(path))

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame as sRGB; `FrameError` if it is no Bayer mosaic or its display picture cannot be had."""
        cfa = bayer_pattern(frame, "'render'")
        height, width = frame.image().shape[-2:]
        shown = show(frame, self.parameters.picture, height, width)
        pixels, notes = shown.pixels, ["strength 0: the display picture as it is"]
        if self.parameters.strength:
            answer, tiles = self._look(
                shown.pixels, pack_even(frame.image(), cfa), frame.metadata.orientation
            )
            pixels = _mix(shown.pixels, answer, self.parameters.strength)
            notes = list(self._words(tiles))
        if frame.layers:
            notes.append("side layers are developed by demosaic, colour and tone, not by the network")
        if not bool(torch.isfinite(pixels).all()):
            raise FrameError(
                f"{frame.source}: {NAME} gave values that are not finite; check the frame for broken pixels"
            )
        return replace(
            frame,
            pixels=pixels,
            layers=_layers(frame),
            space=Space.DISPLAY_RGB,
            primaries=PRIMARIES,
            curve=CURVE,
        ).note(*shown.notes, *notes)

    def _look(self, display: Tensor, planes: Tensor, orientation: int) -> tuple[Tensor, int]:
        """Return the transmission for (3, H, W) and (4, ceil(H / 2), ceil(W / 2)), and the number of tiles.

        Tiles are cut between the mosaic's cells: the picture is packed as the mosaic is.
        """
        height, width = display.shape[-2:]
        whole = apply_orientation(pad(display[None], CELL), orientation)
        upright = torch.cat((F.pixel_unshuffle(whole, CELL), apply_orientation(planes[None], orientation)), 1)
        answer, tiles = in_tiles(self._once, upright, self.parameters.tile // CELL)
        turned = apply_orientation(F.pixel_shuffle(answer, CELL)[0], UNDO[orientation])
        return turned[:, :height, :width], tiles

    def _once(self, packed: Tensor) -> Tensor:
        height, width = packed.shape[-2:]
        colours = COLOURS * CELL * CELL
        packed = pad(packed, MULTIPLE // CELL)
        found = self.method.answer(F.pixel_shuffle(packed[:, :colours], CELL), packed[:, colours:])
        return F.pixel_unshuffle(found.transmission, CELL)[..., :height, :width]

    def _words(self, tiles: int) -> Iterator[str]:
        if self.weights:
            yield f"weights of {NAME}: {self.weights}"
        yield f"the picture of {NAME} at strength {self.parameters.strength:g}"
        if tiles > 1:
            yield f"seen in {tiles} overlapping tiles, each with its own channel weights; tile: 0 shows all at once"


def _mix(display: Tensor, answer: Tensor, strength: float) -> Tensor:
    """Mix two sRGB pictures in linear light."""
    if strength == 1:
        return answer.clone()
    first, second = (by_bands(lambda band: decode_curve(band, CURVE), x) for x in (display, answer))
    return by_bands(lambda band: encode_curve(band, CURVE), torch.lerp(first, second, strength))


def _layers(frame: Frame) -> Mapping[str, Tensor]:
    """Return the side layers in the colour of the result: what they show is not the network's to map."""
    return develop(frame, Demosaic(algorithm="auto")).layers if frame.layers else frame.layers
