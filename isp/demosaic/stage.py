"""Three colours at every pixel, from a mosaic of one colour each.

None of the algorithms knows black or white levels: `linearize` comes before. Each has a module of its own; `choose`
says which one a frame gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space
from ..cfa import Pattern, tile_pattern
from ..colour.white_balance import white_balance
from ..parameters import Demosaic
from .choose import Way, choose


class DemosaicStage:
    """Demosaic the pixels and every one-channel layer alike; frames that have three colours pass."""

    def __init__(self, parameters: Demosaic) -> None:
        self.parameters = parameters

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame in CAMERA_RGB; `FrameError` if the mosaic does not suit the algorithm."""
        cfa = frame.camera.cfa
        if frame.space is not Space.CFA_LINEAR or cfa is None:
            return frame
        way = choose(frame.source, cfa, self.parameters.algorithm, self.parameters.values)
        multipliers = white_balance(frame.camera)[0]
        try:
            guide = _balanced(frame.image(), cfa, multipliers)
            pixels = _unbalanced(way.picture(guide), multipliers)
            layers = {
                name: _unbalanced(way.layer(_balanced(layer, cfa, multipliers), guide), multipliers)
                if layer.shape[0] == 1
                else _shrunk(layer, way)
                for name, layer in frame.layers.items()
            }
        except ValueError as error:
            raise FrameError(f"{frame.source}: {error}") from error
        done = replace(frame, pixels=pixels, layers=layers, space=Space.CAMERA_RGB)
        done = done.note(f"demosaic: {way.words}")
        return done.note(f"demosaic: {way.about_layers}") if layers and way.about_layers else done


def _balanced(mosaic: Tensor, cfa: Pattern, multipliers: Sequence[float]) -> Tensor:
    """Return a new mosaic, white-balanced: demosaicers expect that the colours of a neutral edge rise together."""
    cells = [[multipliers[colour] for colour in row] for row in cfa]
    gains = tile_pattern(cells, mosaic.shape[1], mosaic.shape[2], mosaic)
    return gains[None].mul_(mosaic)  # in place: both are large, and nobody else's


def _unbalanced(pixels: Tensor, multipliers: Sequence[float]) -> Tensor:
    return pixels.div_(pixels.new_tensor(multipliers)[:, None, None])


def _shrunk(layer: Tensor, way: Way) -> Tensor:
    return layer if way.block == 1 else avg_pool2d(layer, way.block)
