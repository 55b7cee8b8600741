"""Records: what a method found in a frame, small, to take it out again at another strength without the network.

A record is a safetensors file: the tensors `reflection`, and where there are such `matrix`, `confidence` and
`residual`, all float32 as they were found, so that the same strength gives the same pixels bit for bit; and in its
metadata, under `unveil`, JSON with the facts below.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ... import __version__
from ...isp.encode.beside import final_path, write_beside
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Output
from ...pipeline.remix.record import KEY, ROLE, Facts, source_hash
from .finish import Finding
from .parameters import record_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Writes the record of a frame beside its results."""

    name: str
    """As the recipe gives it: path below the output folder, with tokens, without suffix."""
    recipe: str
    place: int
    method: str

    def __call__(self, frame: Frame, finding: Finding) -> Frame:
        """Return the frame with one more output; `FrameError` if it cannot be written."""
        final = final_path(frame, record_name(self.name, frame.naming), "`record:` of 'separate'")
        channels, height, width = frame.image().shape
        facts = Facts(
            source=frame.url or os.path.abspath(frame.source),
            sha256=source_hash(frame.source),
            recipe=self.recipe,
            place=self.place,
            method=self.method,
            program=__version__,
            shape=(channels, height, width),
            size=finding.size,
            notes=finding.notes,
            sequence=frame.naming.sequence,
            job=frame.naming.job,
        )
        output = Output(temporary=write_beside(final, [_bytes(finding, facts)]), final=final, role=ROLE)
        return replace(frame, outputs=(*frame.outputs, output))


def read_tensors(path: Path, frame: Frame) -> Mapping[str, Tensor]:
    """Return the tensors of a record on the device of a frame; `FrameError` where they cannot be read."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        held: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise FrameError(f"{frame.source}: its record {path} cannot be read: {error}") from error
    if "reflection" not in held:
        raise FrameError(f"{frame.source}: its record {path} holds no reflection")
    return {name: tensor.to(frame.image().device) for name, tensor in held.items()}


def _bytes(finding: Finding, facts: Facts) -> bytes:
    from safetensors.torch import save

    named: dict[str, Any] = {
        "reflection": finding.reflection,
        "matrix": finding.matrix,
        "confidence": finding.confidence,
        "residual": finding.residual,
    }
    tensors = {
        name: tensor.detach().to("cpu", torch.float32).contiguous()
        for name, tensor in named.items()
        if tensor is not None
    }
    return bytes(save(tensors, {KEY: json.dumps(asdict(facts))}))
