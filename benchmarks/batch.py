"""What a batch costs beside the frames themselves, how its memory grows, and what a second worker brings.

Four tables. *Overhead*: many frames of a byte each through a recipe that does nothing, so that all the time is the
batch's own. *Files*: the same, each frame writing a small file, with its hash, receipt and name. *Real frames*: the
sample frames of the package through `develop` in a bare loop, and through a worker with ledger, receipts and hashes.
*Scaling*: a stage that computes on one core, and one that only waits, on one worker and on two.

What is compared is run in turns, and the time on the cores is told beside the clock's, since a machine may have other
work: its load is printed.
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
from statistics import median
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
from unveil.isp.encode.beside import final_path, write_beside
from unveil.pipeline.frame import Output
from unveil.pipeline.stage import Parameters


class Idle(Parameters):
    compute: float = 0
    wait: float = 0
    write: bool = False


def build(parameters, context):
    import torch

    pixels = torch.zeros(3, 1, 1)

    def idle(frame):
        end = time.thread_time() + parameters.compute
        while time.thread_time() < end:
            pass
        time.sleep(parameters.wait)
        if parameters.write:
            final = final_path(frame, f"{frame.naming.stem}.out", "nothing")
            output = Output(temporary=write_beside(final, [b"0" * 1000]), final=final, role="transmission")
            frame = replace(frame, outputs=(*frame.outputs, output))
        return replace(frame, pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb")

    return idle


@hookimpl
def unveil_stages():
    yield StageSpec(name="idle", summary="does nothing", parameters=Idle, build=build,
                    routes={None: frozenset({Space.DISPLAY_RGB})},
                    outputs=lambda parameters, naming: f"{naming.stem}.out" if parameters.write else "")
"""
IDLE = "unveil: 1\nname: idle\nstages:\n  - idle: {{compute: {compute}, wait: {wait}, write: {write}}}\n"


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
    worked: dict[int, float] = field(default_factory=dict)
    """Seconds on the cores so far, of all processes, when some of the frames were done."""
    done: int = 0
    sizes: dict[int, int] = field(default_factory=dict)
    """Resident bytes by tenth of the run."""

    def __post_init__(self) -> None:
        """Take the memory for all times at once, so that what grows is the run's."""
        self.times = array("d", bytes(8 * self.total))

    def __call__(self, result: FrameResult) -> None:
        """Take a result."""
        if result.reason:
            raise SystemExit(result.reason)
        self.times[self.done] = perf_counter()
        self.done += 1
        if self.done in (2, self.total // 20 + 1, self.total // 10 + 1, self.total):
            self.worked[self.done] = on_cores()
        if self.done % max(1, self.total // 10) == 0:
            self.sizes[10 * self.done // self.total] = psutil.Process().memory_info().rss

    def rate(self, skip: int) -> float:
        """Return frames for each second, without the first ones, in which workers start and stages warm up."""
        return (self.total - 1 - skip) / (self.times[-1] - self.times[skip])

    def cores(self, skip: int) -> float:
        """Return the seconds on the cores of a frame, of all processes, without the first ones."""
        return (self.worked[self.total] - self.worked[skip + 1]) / (self.total - 1 - skip)


def on_cores() -> float:
    """Return the seconds that this process and those it started have been on the cores."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return float(sum(sum(one[:4]) for one in times))  # children that ended are in the third and fourth


def idle_run(
    folder: Path, frames: int, workers: int, compute: float = 0, wait: float = 0, write: bool = False
) -> Watch:
    """Send frames of a byte through the stage `idle`."""
    sources, out = folder / "sources", folder / "out"
    sources.mkdir()
    for number in range(frames):
        (sources / f"{number:07}.tiny").write_bytes(b"0")
    registry = build_registry()
    plan = make_plan(
        parse_recipe(IDLE.format(compute=compute, wait=wait, write=write), registry), registry, "cpu"
    )
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


def overhead(folder: Path, frames: int, write: bool) -> None:
    """Print what the batch itself can do."""
    watch = idle_run(folder, frames, 2, write=write)
    sizes = [size / 2**20 for _, size in sorted(watch.sizes.items())]
    what = "frames that write a small file each" if write else "frames that do nothing"
    rate, cores = watch.rate(frames // 20), watch.cores(frames // 20)
    print(f"{frames} {what}, 2 workers: {rate:.0f} frames/s; {1000 * cores:.2f} ms of the cores for each")
    print(f"  memory of the client after each tenth, MiB: {' '.join(f'{size:.0f}' for size in sizes)}")
    print(f"  last tenth / first tenth: {sizes[-1] / sizes[0]:.3f}")


def real(folder: Path, copies: int, rounds: int) -> None:
    """Print what a worker, its ledger, receipts and hashes add to a bare loop over real frames."""
    samples = [sample.frame for sample in list_samples()]
    sources = [folder / f"{n}_{path.name}" for n in range(copies) for path in samples]
    for n, source in enumerate(sources):
        shutil.copy(samples[n % len(samples)], source)
    registry = build_registry()
    plan = make_plan(load_recipe("develop", registry), registry, "cpu")
    bare, batch = [], []
    for number in range(rounds):
        bare.append(bare_loop(plan, sources, folder / f"bare{number}"))
        watch, out = Watch(len(sources)), folder / f"out{number}"
        execute(prepare(plan, sources, Options(output=out, jobs=1)), watch)
        batch.append((1 / watch.rate(1), watch.cores(1)))
        print(f"  ledger: {_entry(out, len(sources))}", file=sys.stderr)
    print(f"{len(sources)} of the package's samples through `develop`, one worker, {rounds} times in turns")
    for what, index in (("clock", 0), ("cores", 1)):
        one, other = (median(times[index] for times in side) for side in (bare, batch))
        print(
            f"  {what}: bare loop {one:.4f} s a frame, batch {other:.4f} s: {100 * (other / one - 1):+.1f} %"
        )


def bare_loop(plan: Plan, sources: Sequence[Path], out: Path) -> tuple[float, float]:
    """Return the seconds of a frame in a loop of `develop` alone, by clock and on the cores, without the first two."""
    out.mkdir()
    steps, times = plan.build(), []
    for source in sources:
        develop(steps, plan.registry, source, Destination(folder=out), plan.device)
        times.append((perf_counter(), on_cores()))
    clock, cores = (
        (last - first) / (len(times) - 2) for first, last in zip(times[1], times[-1], strict=True)
    )
    return clock, cores


def scaling(folder: Path, frames: int, rounds: int) -> None:
    """Print how many times faster two workers are than one."""
    for what, compute, wait in (("computes", 0.05, 0.0), ("waits", 0.0, 0.05)):
        ratios, cores = [], []
        for _ in range(rounds):
            one, two = (idle_run(folder, frames, workers, compute, wait) for workers in (1, 2))
            ratios.append(two.rate(frames // 10) / one.rate(frames // 10))
            cores.append(two.cores(frames // 10) / one.cores(frames // 10))
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"a stage that {what}: two workers give {median(ratios):.2f} times one ({each});")
        print(f"  a frame takes {median(cores):.3f} times as long on the cores")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=100_000, help="of the overhead")
    parser.add_argument("--files", type=int, default=10_000, help="frames that write a file each")
    parser.add_argument("--copies", type=int, default=20, help="of the sample frames")
    parser.add_argument("--short", type=int, default=400, help="frames of the scaling")
    parser.add_argument("--rounds", type=int, default=3, help="how often both sides are run in turns")
    parser.add_argument("--only", choices=("overhead", "files", "real", "scaling"), help="one of the tables")
    wanted = parser.parse_args()
    tables: dict[str, Callable[[Path], None]] = {
        "overhead": lambda folder: overhead(folder, wanted.frames, write=False),
        "files": lambda folder: overhead(folder, wanted.files, write=True),
        "real": lambda folder: real(folder, wanted.copies, wanted.rounds),
        "scaling": lambda folder: scaling(folder, wanted.short, wanted.rounds),
    }
    with idle_plugin() as folder:
        for name, table in tables.items():
            if wanted.only in (None, name):
                print(
                    f"{name}: load of the machine before: {os.getloadavg()[0]:.1f}, cores: {os.cpu_count()}"
                )
                table(folder)


if __name__ == "__main__":
    main()
