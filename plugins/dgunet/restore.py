"""The `restore` stage: a frame through DGUNet, upright, in sRGB, whole or in overlapping tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from ...isp.colour.stage import apply_matrix, rgb_to_rgb
from ...isp.orient import UNDO, apply_orientation
from ...isp.tone.curves import decode_curve, encode_curve
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space
from ..separation.inference import looking, prepare
from ..separation.store import find_weights
from ..separation.tiles import in_tiles
from ..separation.weights import load_into, named
from .network import make_network
from .parameters import Restore
from .published import restore

PRIMARIES, CURVE = "sRGB", "srgb"
"""What the network was trained on."""

Look = Callable[[Tensor], Tensor]


class RestoreStage:
    """Take rain, blur or noise out of a frame."""

    def __init__(self, parameters: Restore, network: nn.Module, device: str, weights: str = "") -> None:
        self.parameters = parameters
        self.weights = weights
        prepare(network, device, parameters)
        self.look = looking(partial(restore, network), device, parameters)
        self.device = device

    @classmethod
    def load(cls, parameters: Restore, device: str) -> RestoreStage:
        """Build the stage with the weights that were imported; `EnvironmentFailure` where there are none."""
        path = find_weights(parameters.method, parameters.variant)
        network = make_network(parameters.variant)
        load_into(network, path)
        return cls(parameters, network, device, named(path))

    @torch.inference_mode()
    def __call__(self, frame: Frame) -> Frame:
        """Return the frame restored, in its own space; what the network cannot see (below 0, above 1) is kept."""
        if self.parameters.strength == 0:
            return frame.note("strength 0: nothing was changed")
        light = _light(frame)
        seen = apply_matrix(light, rgb_to_rgb(frame.primaries, PRIMARIES).to(light))
        display = encode_curve(seen.clamp(0, 1), CURVE)
        answer, tiles = self._look(apply_orientation(display, frame.metadata.orientation))
        answer = apply_orientation(answer, UNDO[frame.metadata.orientation])
        if not bool(torch.isfinite(answer).all()):
            raise FrameError(f"{frame.source}: {self.parameters.method} gave values that are not finite")
        mixed = torch.lerp(display, answer, self.parameters.strength)
        change = decode_curve(mixed, CURVE) - seen.clamp(0, 1)
        restored = light + apply_matrix(change, rgb_to_rgb(PRIMARIES, frame.primaries).to(light))
        outside = float(((seen < 0) | (seen > 1)).any(0).float().mean())
        return replace(frame, pixels=_own(restored, frame).clone()).note(*self._notes(tiles, outside))

    def _look(self, display: Tensor) -> tuple[Tensor, int]:
        look = partial(_mean_of_eight, self._once) if self.parameters.ensemble else self._once
        answer, tiles = in_tiles(look, display[None].to(self.device), self.parameters.tile)
        return answer[0].to(display.device), tiles

    def _once(self, batch: Tensor) -> Tensor:
        return self.look(batch)[2].to(batch)

    def _notes(self, tiles: int, outside: float) -> Iterator[str]:
        p = self.parameters
        if self.weights:
            yield f"weights of {p.method}: {self.weights}"
        yield f"{p.method} {p.variant}, {p.strength:g} of the change; side layers are as they were"
        if tiles > 1:
            yield f"seen in {tiles} overlapping tiles, where the published path sees the whole picture"
        if outside:
            yield f"{outside:.2%} of the pixels are partly outside what {p.method} sees; that part is kept"


def _light(frame: Frame) -> Tensor:
    image = frame.image()
    return decode_curve(image, frame.curve) if frame.space is Space.DISPLAY_RGB else image


def _own(light: Tensor, frame: Frame) -> Tensor:
    return encode_curve(light, frame.curve) if frame.space is Space.DISPLAY_RGB else light


def _mean_of_eight(look: Look, batch: Tensor) -> Tensor:
    """Return the mean answer over the eight flips and rotations, each turned back."""
    answers = [apply_orientation(look(apply_orientation(batch, way)), UNDO[way]) for way in UNDO]
    return torch.stack(answers).mean(0)
