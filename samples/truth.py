"""How close a sample frame comes to its truth, in linear light."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..pipeline.frame import Frame
from ..pipeline.stage import Stage

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A frame shipped with the package."""

    frame: Path
    """The photograph through glass, a CFA DNG."""
    truth: Path
    """The same without the reflection and without noise, a CFA DNG of the same camera."""
    description: str
    licence: str


def list_samples() -> list[Sample]:
    """Return the sample frames that `samples.json` describes."""
    card = json.loads((FOLDER / "samples.json").read_text("utf-8"))
    return [_sample(entry) for entry in card["samples"]]


def _sample(entry: Mapping[str, str]) -> Sample:
    return Sample(
        frame=FOLDER / entry["file"],
        truth=FOLDER / entry["truth"],
        description=entry["description"],
        licence=entry["licence"],
    )


def linear_psnr(sample: Sample, stages: Iterable[tuple[str, Stage]]) -> tuple[float, float]:
    """Measure a recipe's separation on a sample, on the linear mosaic where 1 is saturation.

    Parameters
    ----------
    sample : Sample
    stages : iterable of (name, stage)
        A built plan; its stages run up to and including `separate`.

    Returns
    -------
    before, after : float
        PSNR in dB against the truth, of the frame as it came and of what `separate` made of it.
    """
    from ..isp.metrics import psnr

    frame, truth = Frame(source=sample.frame), Frame(source=sample.truth)
    before = None
    for name, stage in stages:
        if name == "separate":
            before = psnr(frame.image(), truth.image())
            frame = stage(frame)
            break
        frame, truth = stage(frame), stage(truth)
    if before is None:
        raise ValueError("the recipe has no stage 'separate' to measure")
    return before, psnr(frame.image(), truth.image())
