"""Peak memory of `separate`, and of the stages around it, on frames of any size on the CPU.

    python -m unveil.benchmarks.bounded [--megapixels N...] [--kinds mosaic colour display] [--chain] [--threads N]
        [--json FILE]

Every case has a process of its own. Its memory is the peak of the process above what it held, with everything loaded
and tried once on a small frame, before the large frame was made; the unit is the large frame's own float32 size. With
`--chain` the stages from `linearize` to `tone` run one after another, as `unveil run` does it, on a frame of counts;
the unit is then the three-colour frame that they end in.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import torch

from unveil.isp.bands import BAND
from unveil.pipeline.develop import run_step
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.pipeline.registry import build_registry
from unveil.pipeline.single import build_stage

KINDS = ("mosaic", "colour", "display")
CAMERA = Camera(
    cfa=((0, 1), (1, 2)),
    black=((512.0,),),
    white=((15871.0,),),
    white_balance=(2.0, 1.0, 1.5),
    xyz_to_camera=((6504.0, ((0.82, -0.25, -0.09), (-0.44, 1.24, 0.22), (-0.08, 0.19, 0.62))),),
)
CHAIN = ("linearize", "separate", "demosaic", "colour", "tone")
SMALL = 0.25
"""Megapixels of the frame that everything is tried on first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a case took."""

    kind: str
    stages: str
    megapixels: float
    frame: int
    """Bytes of the frame in float32."""
    memory: int
    """Peak in bytes, the frame included."""
    seconds: float

    @property
    def ratio(self) -> float:
        """How many frames of its own size the case held at most."""
        return self.memory / self.frame


def measure(kind: str, megapixels: float, chain: bool = False, threads: int = 2) -> Taken:
    """Run a case in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_case, (kind, megapixels, chain, threads))


def _case(kind: str, megapixels: float, chain: bool, threads: int) -> Taken:
    torch.set_num_threads(threads)
    registry = build_registry()
    names = CHAIN if chain else ("separate",)
    steps = [build_stage(registry, name, "cpu") for name in names]

    def run(size: float) -> Frame:
        frame = _frame(kind, size, counts=chain)
        for step in steps:
            frame = run_step(step, registry, frame, "cpu")
        return frame

    run(SMALL)
    held = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    done = run(megapixels)
    seconds = time.perf_counter() - begun
    peak = _peak()
    size = done.image().numel() * 4
    return Taken(
        kind=kind, stages=" ".join(names), megapixels=megapixels, frame=size, memory=peak - held, seconds=seconds
    )  # fmt: skip


def _peak() -> int:
    """Return the most bytes that this process held.

    Linux's own count is read where it is: `ru_maxrss` there begins with what the parent held.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _frame(kind: str, megapixels: float, counts: bool) -> Frame:
    """Make a frame of 3 x 2 shape, by bands: nothing beside it is held."""
    height = max(2, math.isqrt(round(megapixels * 1e6 / 1.5))) // 2 * 2
    width = round(height * 1.5) // 2 * 2
    pixels = torch.empty(1 if kind == "mosaic" else 3, height, width)
    generator = torch.Generator().manual_seed(1)
    rows = max(1, BAND // width)
    for top in range(0, height, rows):
        band = pixels[:, top : top + rows]
        band.copy_(torch.rand(band.shape, generator=generator) * 0.2 + 0.5 * top / height)
        if counts and kind == "mosaic":
            band.mul_(15359).add_(512)
    source = Path(f"{kind}.dng")
    if kind == "mosaic":
        return Frame(
            source=source, pixels=pixels, space=Space.CFA if counts else Space.CFA_LINEAR, camera=CAMERA
        )
    if kind == "colour":
        return Frame(source=source, pixels=pixels, space=Space.LINEAR_RGB, primaries="Rec2020")
    return Frame(source=source, pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(prog="unveil.benchmarks.bounded", description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", nargs="+", type=float, default=[12.0, 100.0], metavar="N")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--chain", action="store_true", help="from linearize to tone")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args(arguments)
    print(
        "| frame | megapixels | stages | frame, MB | peak, MB | frames | seconds |\n|---|---|---|---|---|---|---|"
    )
    rows = []
    for kind in given.kinds:
        for megapixels in given.megapixels:
            row = measure(kind, megapixels, given.chain, given.threads)
            print(
                f"| {kind} | {megapixels:g} | {row.stages} | {row.frame / 1e6:.0f} | {row.memory / 1e6:.0f} | "
                f"{row.ratio:.2f} | {row.seconds:.1f} |",
                flush=True,
            )
            rows.append({**asdict(row), "ratio": row.ratio})
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
