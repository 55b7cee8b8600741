"""The `separate` stage without its network: what was found comes from a record."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space
from ...pipeline.method import MethodSpec
from ...pipeline.remix.record import read_facts
from .display import bayer_pattern
from .finish import Finding, finish
from .mosaic import small_planes
from .parameters import Separate
from .proxy import linear_light, render_again
from .record import Recorder, read_tensors


class AgainStage:
    """Take out what a record says, at the strength of the parameters.

    With the parameters that the record was made with, the result is that of the first time, bit for bit on the same
    machine with as many threads: the frame is rendered as the method saw it, and the rest is what `SeparateStage` does.
    """

    def __init__(
        self,
        parameters: Separate,
        spec: MethodSpec,
        path: Path,
        recorder: Recorder | None = None,
    ) -> None:
        self.parameters = parameters
        self.spec = spec
        self.path = path
        self.facts = read_facts(path)
        self.recorder = recorder

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame less the reflection; `FrameError` where the record does not fit."""
        if tuple(frame.image().shape) != self.facts.shape:
            raise self._other(frame)
        light = linear_light(frame)
        finding = self._finding(frame, light)
        del light
        frame = frame.note(f"mixed again from {self.path.name}, without the network")
        frame = finish(frame, finding, self.parameters, self.spec)
        return frame if self.recorder is None else self.recorder(frame, finding)

    def _finding(self, frame: Frame, light: Tensor) -> Finding:
        held = read_tensors(self.path, frame)
        reflection, matrix = held["reflection"], held.get("matrix")
        long_side = max(reflection.shape[-2:])
        if matrix is not None:
            seen = render_again(frame, light, long_side, matrix).linear
        elif frame.space is Space.CFA_LINEAR:
            seen = small_planes(light, bayer_pattern(frame, f"the record {self.path}"), 2 * long_side)
        else:
            raise self._other(frame)
        if seen.shape != reflection.shape:
            raise self._other(frame)
        return Finding(
            reflection=reflection,
            light=seen,
            matrix=matrix,
            size=self.facts.size,
            confidence=held.get("confidence"),
            residual=held.get("residual"),
            notes=self.facts.notes,
        )

    def _other(self, frame: Frame) -> FrameError:
        return FrameError(
            f"{frame.source}: the record {self.path} is of a frame of another size or kind; run the recipe anew"
        )
