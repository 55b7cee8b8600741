"""Measure a method on pairs of photographs with and without glass.

Protocol: pictures are read as 8-bit sRGB, separated at their own size through the `separate` stage in
`display-rgb`, the result is clipped to [0, 1] and rounded to 8 bit. PSNR runs over all pixels and channels of the
pair; SSIM is Wang et al. 2004 on RGB. The input's own figures stand beside. `psnr_exposed` is the PSNR after the
one exposure factor, in linear light, that serves a picture best: it shows what is not mere brightness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from ..isp.metrics import best_exposure, psnr, ssim
from ..pipeline.errors import FrameError
from ..pipeline.frame import Frame, Space
from ..pipeline.stage import Stage
from .pairs import Pair
from .photographs import read_display


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one pair; PSNR in dB."""

    name: str
    psnr: float
    ssim: float
    psnr_exposed: float
    input_psnr: float
    input_ssim: float
    input_psnr_exposed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """Figures of a method on a folder of pairs."""

    method: str
    pairs: Path
    rows: tuple[Row, ...]

    def mean(self) -> Mapping[str, float]:
        """Return the mean of every figure over the pairs."""
        names = [field.name for field in fields(Row) if field.name != "name"]
        return {name: sum(getattr(row, name) for row in self.rows) / len(self.rows) for name in names}

    def to_json(self) -> dict[str, Any]:
        """Return `method`, `pairs`, `mean` and one row for each pair, ready for JSON."""
        return {
            "method": self.method,
            "pairs": str(self.pairs),
            "mean": dict(self.mean()),
            "rows": [asdict(row) for row in self.rows],
        }


def evaluate_pairs(
    method: str, stage: Stage, pairs: Path, listed: Sequence[Pair], progress: Callable[[Row], None]
) -> EvaluationReport:
    """Measure a built `separate` stage on a folder of pairs.

    Parameters
    ----------
    method : str
        The method's name, for the report.
    stage : Stage
        Takes and gives DISPLAY_RGB frames.
    pairs : Path
        The folder, for the report.
    listed : sequence of Pair
        Its pairs, as `list_pairs` gives them.
    progress : callable
        Called with each row as soon as it is known.

    Raises
    ------
    FrameError
        If the two pictures of a pair differ in size.
    """
    rows = []
    for pair in listed:
        row = _measure(pair, stage)
        progress(row)
        rows.append(row)
    return EvaluationReport(method=method, pairs=pairs, rows=tuple(rows))


def _measure(pair: Pair, stage: Stage) -> Row:
    blended, truth = (read_display(p).float() / 255 for p in (pair.blended, pair.transmission))
    if blended.shape != truth.shape:
        raise FrameError(
            f"{pair.blended}: is {_size(blended)}, but {pair.transmission} is {_size(truth)}; "
            "the pictures of a pair must have one size"
        )
    frame = Frame(
        source=pair.blended, pixels=blended, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb"
    )
    result = (stage(frame).image().clamp(0, 1) * 255).round() / 255
    return Row(
        name=pair.name,
        psnr=psnr(result, truth),
        ssim=ssim(result, truth),
        psnr_exposed=psnr(best_exposure(result, truth), truth),
        input_psnr=psnr(blended, truth),
        input_ssim=ssim(blended, truth),
        input_psnr_exposed=psnr(best_exposure(blended, truth), truth),
    )


def _size(picture: Tensor) -> str:
    return f"{picture.shape[-1]} x {picture.shape[-2]}"
