"""Three colours at every pixel, from a mosaic of one colour each.

None of the algorithms knows black or white levels: `linearize` comes before. Each has a module of its own; `choose`
says which one a frame gets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space
from ..cfa import Pattern, tile_pattern
from ..colour.white_balance import white_balance
from ..parameters import Demosaic
from .choose import Way, choose
from .layers import interpolate_layers


class DemosaicStage:
    """Demosaic the pixels, and every one-channel layer so that all add up; frames that have three colours pass."""

    def __init__(self, parameters: Demosaic) -> None:
        self.parameters = parameters

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame in CAMERA_RGB; `FrameError` if the mosaic does not suit the algorithm."""
        cfa = frame.camera.cfa
        if frame.space is not Space.CFA_LINEAR or cfa is None:
            return frame
        way = choose(
            frame.source, cfa, self.parameters.algorithm, self.parameters.values, frame.camera.origin
        )
        multipliers = white_balance(frame.camera)[0]
        balance = partial(_balanced, cfa=cfa, multipliers=multipliers)
        try:
            mosaic = balance(frame.image())
            pixels = way.picture(mosaic)
            layers = self._layers(frame, way, balance, mosaic, pixels)
        except ValueError as error:
            raise FrameError(f"{frame.source}: {error}") from error
        for picture in (pixels, *layers.values()):
            picture.div_(picture.new_tensor(multipliers)[:, None, None])
        layers = {
            name: layers[name] if name in layers else _shrunk(layer, way)
            for name, layer in frame.layers.items()
        }
        done = replace(frame, pixels=pixels, layers=layers, space=Space.CAMERA_RGB)
        return done.note(f"demosaic: {way.words}")

    def _layers(
        self, frame: Frame, way: Way, balance: Callable[[Tensor], Tensor], mosaic: Tensor, pixels: Tensor
    ) -> dict[str, Tensor]:
        """Return the one-channel layers, interpolated and still white-balanced."""
        given = {name: balance(layer) for name, layer in frame.layers.items() if layer.shape[0] == 1}
        if way.exact:
            return {name: way.linear(layer, mosaic) for name, layer in given.items()}
        cfa = frame.camera.cfa or ()
        return interpolate_layers(given, lambda layer: way.linear(layer, mosaic), mosaic, pixels, len(cfa))


def _balanced(mosaic: Tensor, cfa: Pattern, multipliers: Sequence[float]) -> Tensor:
    """Return a new mosaic, white-balanced: demosaicers expect that the colours of a neutral edge rise together."""
    cells = [[multipliers[colour] for colour in row] for row in cfa]
    gains = tile_pattern(cells, mosaic.shape[1], mosaic.shape[2], mosaic)
    return gains[None].mul_(mosaic)  # in place: both are large, and nobody else's


def _shrunk(layer: Tensor, way: Way) -> Tensor:
    return layer if way.block == 1 else avg_pool2d(layer, way.block)
