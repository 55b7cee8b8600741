"""Peak memory of `separate`, and of the stages around it, on frames of any size on the CPU.

    python -m unveil.benchmarks.bounded [--megapixels N...] [--kinds mosaic colour display] [--scale auto|full|N]
        [--chain [PLACE...]] [--max-memory SIZE] [--threads N] [--json FILE]

Every case has a process of its own. Its memory is the peak of the process above what it held, with everything loaded
and tried once on a small frame, before the large frame was made; the unit is the large frame's own float32 size. With
`--chain` the stages from `linearize` to `tone` run one after another, as `unveil run` does it, on a frame of counts,
with `separate` behind each of the places named, in turn; the unit is then the three-colour frame that they end in.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
import torch

from unveil.isp.bands import BAND
from unveil.pipeline.develop import Step, run_step
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.pipeline.memory import parse_bytes
from unveil.pipeline.registry import Registry, build_registry
from unveil.pipeline.single import build_stage
from unveil.plugins.separation.separate import SeparateStage

KINDS = ("mosaic", "colour", "display")
CAMERA = Camera(
    cfa=((0, 1), (1, 2)),
    black=((512.0,),),
    white=((15871.0,),),
    white_balance=(2.0, 1.0, 1.5),
    xyz_to_camera=((6504.0, ((0.82, -0.25, -0.09), (-0.44, 1.24, 0.22), (-0.08, 0.19, 0.62))),),
)
CHAIN = ("linearize", "demosaic", "colour", "tone")
SMALL = 0.25
"""Megapixels of the frame that everything is tried on first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is measured."""

    kind: str
    """Of the frame that it begins with: one of `KINDS`."""
    megapixels: float
    place: str = ""
    """The stage of `CHAIN` behind which `separate` stands; empty: it runs alone."""
    scale: int | str = "auto"
    limit: int | None = None
    """Bytes that a look may take."""
    threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a case took."""

    stages: str
    frame: int
    """Bytes of the frame in float32."""
    memory: int
    """Peak in bytes, the frame included."""
    seconds: float

    @property
    def ratio(self) -> float:
        """How many frames of its own size the case held at most."""
        return self.memory / self.frame


def measure(case: Case) -> Taken:
    """Run a case in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measure, (case,))


def _measure(case: Case) -> Taken:
    torch.set_num_threads(case.threads)
    registry = build_registry()
    steps = list(_steps(case, registry))

    def run(megapixels: float) -> Frame:
        frame = _frame(case.kind, megapixels, counts=bool(case.place))
        for step in steps:
            frame = run_step(step, registry, frame, "cpu")
        return frame

    run(SMALL)
    held = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    done = run(case.megapixels)
    seconds = time.perf_counter() - begun
    peak = _peak()
    return Taken(
        stages=" ".join(name for name, _, _ in steps),
        frame=done.image().numel() * 4,
        memory=peak - held,
        seconds=seconds,
    )


def _steps(case: Case, registry: Registry) -> Iterator[Step]:
    """Yield the stages of a case, built."""
    for name in CHAIN if case.place else ("",):
        if name:
            yield build_stage(registry, name, "cpu")
        if name == case.place:
            step = build_stage(registry, "separate", "cpu", scale=case.scale)
            stage = step[2]
            assert isinstance(stage, SeparateStage)
            stage.looker.memory = replace(stage.looker.memory, limit=case.limit)
            yield step


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


def _cases(given: argparse.Namespace) -> Iterator[Case]:
    for kind in ("mosaic",) if given.chain is not None else given.kinds:
        for place in [""] if given.chain is None else given.chain or CHAIN:
            for megapixels in given.megapixels:
                yield Case(
                    kind=kind,
                    megapixels=megapixels,
                    place=place,
                    scale=given.scale,
                    limit=given.max_memory,
                    threads=given.threads,
                )


def _scale(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(prog="unveil.benchmarks.bounded", description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", nargs="+", type=float, default=[12.0, 100.0], metavar="N")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--scale", type=_scale, default="auto", help="of `separate`: auto, full or a number")
    parser.add_argument(
        "--chain",
        nargs="*",
        choices=CHAIN,
        metavar="PLACE",
        help="from linearize to tone, separate behind PLACE",
    )
    parser.add_argument("--max-memory", type=parse_bytes, metavar="SIZE", help="as of `unveil run`")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args(arguments)
    print(
        "| frame | megapixels | scale | stages | frame, MB | peak, MB | frames | seconds |\n"
        + "|---" * 8
        + "|"
    )
    rows = []
    for case in _cases(given):
        taken = measure(case)
        print(
            f"| {case.kind} | {case.megapixels:g} | {case.scale} | {taken.stages} | {taken.frame / 1e6:.0f} | "
            f"{taken.memory / 1e6:.0f} | {taken.ratio:.2f} | {taken.seconds:.1f} |",
            flush=True,
        )
        rows.append({**asdict(case), **asdict(taken), "ratio": taken.ratio})
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
