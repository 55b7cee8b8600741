"""What a batch costs beside the frames themselves, how its memory grows, and what a second worker brings.

Three tables. *Overhead*: many frames of a byte each through a recipe that does nothing, so that all the time is the
batch's own. *Real frames*: the sample frames of the package through `develop` in a bare loop, and through a worker with
ledger, receipts and hashes. *Scaling*: a stage that computes on one core, and one that only waits, on one worker and
on two; where the cores have other work the first says little, the second still shows what the batch adds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import psutil

from unveil.pipeline.develop import develop
from unveil.pipeline.frame import Destination
from unveil.pipeline.ledger import NAME
from unveil.pipeline.plan import Plan, make_plan
from unveil.pipeline.recipe.recipe import load_recipe, parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FrameResult
from unveil.pipeline.run import Options, execute, prepare
from unveil.samples.truth import list_samples

PLUGIN = """\
import time
from dataclasses import replace

from unveil import Space, StageSpec, hookimpl
from unveil.pipeline.stage import Parameters


class Idle(Parameters):
    compute: float = 0
    wait: float = 0


def build(parameters, context):
    import torch

    pixels = torch.zeros(3, 1, 1)

    def idle(frame):
        end = time.thread_time() + parameters.compute
        while time.thread_time() < end:
            pass
        time.sleep(parameters.wait)
        return replace(frame, pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb")

    return idle


@hookimpl
def unveil_stages():
    yield StageSpec(name="idle", summary="does nothing", parameters=Idle, build=build,
                    routes={None: frozenset({Space.DISPLAY_RGB})}, outputs=lambda parameters, naming: "")
"""
IDLE = "unveil: 1\nname: idle\nstages:\n  - idle: {{compute: {compute}, wait: {wait}}}\n"


@contextmanager
def idle_plugin() -> Iterator[Path]:
    """Install the plugin with the stage `idle` for this process and those it starts; give a folder to work in."""
    with tempfile.TemporaryDirectory(prefix="unveil-batch-") as name:
        site = Path(name) / "site"
        facts = site / "unveil_idle-1.0.dist-info"
        facts.mkdir(parents=True)
        (site / "unveil_idle.py").write_text(PLUGIN)
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: unveil-idle\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text("[unveil]\nidle = unveil_idle\n")
        sys.path.insert(0, str(site))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
        yield Path(name)


@dataclass(slots=True)
class Watch:
    """Notes when results come, and how large this process is then."""

    total: int
    times: array[float] = field(init=False)
    working: array[float] = field(init=False)
    """Seconds that each frame took in its worker."""
    done: int = 0
    sizes: dict[int, int] = field(default_factory=dict)
    """Resident bytes by tenth of the run."""

    def __post_init__(self) -> None:
        """Take the memory for all times at once, so that what grows is the run's."""
        self.times, self.working = (array("d", bytes(8 * self.total)) for _ in range(2))

    def __call__(self, result: FrameResult) -> None:
        """Take a result."""
        if result.reason:
            raise SystemExit(result.reason)
        self.times[self.done], self.working[self.done] = perf_counter(), result.seconds
        self.done += 1
        if self.done % max(1, self.total // 10) == 0:
            self.sizes[10 * self.done // self.total] = psutil.Process().memory_info().rss

    def rate(self, skip: int) -> float:
        """Return frames for each second, without the first ones, in which workers start and stages warm up."""
        return (len(self.times) - 1 - skip) / (self.times[-1] - self.times[skip])


def idle_run(folder: Path, frames: int, workers: int, compute: float = 0, wait: float = 0) -> Watch:
    """Send frames of a byte through the stage `idle`."""
    sources, out = folder / "sources", folder / "out"
    sources.mkdir()
    for number in range(frames):
        (sources / f"{number:07}.tiny").write_bytes(b"0")
    registry = build_registry()
    plan = make_plan(parse_recipe(IDLE.format(compute=compute, wait=wait), registry), registry, "cpu")
    watch = Watch(frames)
    started = perf_counter()
    prepared = prepare(plan, [str(sources / "*.tiny")], Options(output=out, jobs=workers))
    print(f"  settled in {perf_counter() - started:.1f} s", file=sys.stderr)
    execute(prepared, watch)
    print(f"  ledger: {_entry(out, frames)}", file=sys.stderr)
    shutil.rmtree(sources)
    shutil.rmtree(out)
    return watch


def _entry(out: Path, frames: int) -> str:
    return f"{(out / NAME).stat().st_size / frames:.0f} bytes a frame"


def overhead(folder: Path, frames: int) -> None:
    """Print what the batch itself can do."""
    watch = idle_run(folder, frames, 2)
    sizes = [size / 2**20 for _, size in sorted(watch.sizes.items())]
    print(f"overhead: {frames} frames, 2 workers: {watch.rate(frames // 20):.0f} frames/s")
    print(f"  memory of the client after each tenth, MiB: {' '.join(f'{size:.0f}' for size in sizes)}")
    print(f"  last tenth / first tenth: {sizes[-1] / sizes[0]:.3f}")


def real(folder: Path, copies: int) -> None:
    """Print what a worker, its ledger, receipts and hashes add to a bare loop over real frames."""
    samples = [sample.frame for sample in list_samples()]
    sources = [folder / f"{n}_{path.name}" for n in range(copies) for path in samples]
    for n, source in enumerate(sources):
        shutil.copy(samples[n % len(samples)], source)
    registry = build_registry()
    plan = make_plan(load_recipe("develop", registry), registry, "cpu")
    bare, watch = bare_loop(plan, sources, folder / "bare"), Watch(len(sources))
    execute(prepare(plan, sources, Options(output=folder / "out", jobs=1)), watch)
    span, batch = watch.times[-1] - watch.times[0], 1 / watch.rate(0)
    between = 1 - sum(watch.working[1:]) / span
    print(f"real frames: {len(sources)} of the package's samples through `develop`, one worker")
    print(f"  time of the worker between frames: {100 * between:.1f} %")
    print(f"  ledger: {_entry(folder / 'out', len(sources))}")
    print(f"  bare loop {bare:.3f} s a frame, batch {batch:.3f} s: {100 * (batch / bare - 1):+.1f} %")


def bare_loop(plan: Plan, sources: Sequence[Path], out: Path) -> float:
    """Return the seconds of a frame in a loop of `develop` alone, without the first one."""
    out.mkdir()
    steps, times = plan.build(), []
    for source in sources:
        develop(steps, plan.registry, source, Destination(folder=out), plan.device)
        times.append(perf_counter())
    return (times[-1] - times[0]) / (len(times) - 1)


def scaling(folder: Path, frames: int) -> None:
    """Print how many times faster two workers are than one."""
    for what, seconds in (("computes", {"compute": 0.05}), ("waits", {"wait": 0.05})):
        one, two = (idle_run(folder, frames, workers, **seconds).rate(frames // 10) for workers in (1, 2))
        print(f"scaling: a stage that {what}: two workers give {two / one:.2f} times one")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=100_000, help="of the overhead")
    parser.add_argument("--copies", type=int, default=20, help="of the two sample frames")
    parser.add_argument("--short", type=int, default=400, help="frames of the scaling")
    parser.add_argument("--only", choices=("overhead", "real", "scaling"), help="one of the tables")
    wanted = parser.parse_args()
    tables: dict[str, Callable[[Path], None]] = {
        "overhead": lambda folder: overhead(folder, wanted.frames),
        "real": lambda folder: real(folder, wanted.copies),
        "scaling": lambda folder: scaling(folder, wanted.short),
    }
    with idle_plugin() as folder:
        for name, table in tables.items():
            if wanted.only in (None, name):
                table(folder)


if __name__ == "__main__":
    main()
