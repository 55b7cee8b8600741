"""Times every published network in its plain form and in ours, in turns, and compares the answers.

    python -m unveil.benchmarks.networks [--methods NAME...] [--sizes HxW...] [--threads N...]
        [--device cpu|cuda] [--dtype float32|bfloat16|float16] [--compile] [--repeats N] [--json FILE]

Each form has a process of its own, so that the peak of its memory is its own. Both run once to warm up and then in
turns; the best time counts, because whatever else the machine does only adds to it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from .forms import METHODS, Answer, Case, make

FORMS = ("plain", "ours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One form of one case."""

    seconds: float
    """The best run, by the clock; on CUDA between two events on the device."""
    work: float
    """The best run in seconds of CPU time, all threads together; 0 on CUDA."""
    memory: int
    """Peak in bytes: of the process on a CPU, of what PyTorch took on CUDA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Both forms of a case."""

    case: Case
    plain: Measured
    ours: Measured
    difference: float
    """Largest between the answers, which are in [0, 1]."""

    @property
    def ratio(self) -> float:
        """How many times ours is faster by the clock."""
        return self.plain.seconds / self.ours.seconds

    @property
    def work_ratio(self) -> float:
        """The same in CPU time, which other programs on the machine disturb less; 0 on CUDA."""
        return self.plain.work / self.ours.work if self.ours.work else 0.0


def measure(case: Case, repeats: int) -> Row:
    """Return both forms of a case, measured in turns."""
    with _served("plain", case) as plain, _served("ours", case) as ours:
        runs = [(_ask(plain, "run"), _ask(ours, "run")) for _ in range(repeats + 1)][1:]
        answers = _ask(plain, "answer"), _ask(ours, "answer")
        memory = _ask(plain, "memory"), _ask(ours, "memory")
    found = [
        Measured(
            seconds=min(run[form][0] for run in runs),
            work=min(run[form][1] for run in runs),
            memory=memory[form],
        )
        for form in range(2)
    ]
    return Row(case=case, plain=found[0], ours=found[1], difference=_difference(*answers))


@contextmanager
def _served(form: str, case: Case) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, form, case), daemon=True)
    process.start()
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.join()


def _ask(connection: Connection, what: str) -> Any:
    connection.send(what)
    return connection.recv()


def _serve(connection: Connection, form: str, case: Case) -> None:
    """Run one form whenever the other end asks for it, until that closes."""
    torch.set_num_threads(case.threads)
    run = make(form, case)
    answer: Answer = {}
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            return
        if asked == "run":
            answer = {}
            answer, seconds, work = _timed(run, case.device)
            connection.send((seconds, work))
        elif asked == "answer":
            connection.send({name: layer.cpu().numpy() for name, layer in answer.items()})
        else:
            connection.send(_peak(case.device))


def _timed(run: Any, device: str) -> tuple[Answer, float, float]:
    if device.startswith("cuda"):
        return _timed_on_cuda(run, device)
    begun, worked = time.perf_counter(), time.process_time()
    answer = run()
    return answer, time.perf_counter() - begun, time.process_time() - worked


def _timed_on_cuda(run: Any, device: str) -> tuple[Answer, float, float]:
    with torch.cuda.device(device):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
        begin.record()
        answer = run()
        end.record()
        torch.cuda.synchronize()
        return answer, begin.elapsed_time(end) / 1000, 0.0


def _peak(device: str) -> int:
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device)
    import resource  # not on Windows, where only CUDA can be measured

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _difference(plain: Any, ours: Any) -> float:
    return max(float(abs(plain[name] - ours[name]).max()) for name in plain)


HEADERS = (
    "network",
    "size",
    "threads",
    "plain s",
    "ours s",
    "ratio",
    "CPU ratio",
    "plain MB",
    "ours MB",
    "difference",
)


def cells(row: Row) -> tuple[str, ...]:
    """Return a row of the table, as text."""
    case = row.case
    threads = str(case.threads) if case.device == "cpu" else case.device
    times = f"{row.plain.seconds:.3f}", f"{row.ours.seconds:.3f}", f"{row.ratio:.2f}"
    work = f"{row.work_ratio:.2f}" if row.work_ratio else "-"
    memory = f"{row.plain.memory / 1e6:.0f}", f"{row.ours.memory / 1e6:.0f}"
    return (
        case.method,
        f"{case.height}x{case.width}",
        threads,
        *times,
        work,
        *memory,
        f"{row.difference:.1e}",
    )


def _line(cells: Sequence[str]) -> str:
    widths = (18, 10, 7, 8, 8, 6, 9, 8, 8, 10)
    return "  ".join(
        cell.ljust(w) if i < 2 else cell.rjust(w)
        for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
    )


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.partition("x")
    if not (
        height.isdigit()
        and width.isdigit()
        and int(height) % 16 == int(width) % 16 == 0 < int(height) * int(width)
    ):
        raise argparse.ArgumentTypeError(f"{text!r} is not HEIGHTxWIDTH in multiples of 16, e.g. 512x768")
    return int(height), int(width)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="unveil.benchmarks.networks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--methods", nargs="+", default=METHODS, metavar="NAME", help="e.g. dgunet:deblurring_plus"
    )
    parser.add_argument("--sizes", nargs="+", type=_size, default=[(256, 256), (512, 768)], metavar="HxW")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N", help="on the CPU")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--dtype", default="float32", choices=("float32", "bfloat16", "float16"), help="of ours"
    )
    parser.add_argument("--compile", action="store_true", help="ours through torch.compile")
    parser.add_argument("--repeats", type=int, default=3, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(arguments)


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    for method in options.methods:
        for height, width in options.sizes:
            case = Case(
                method=method, height=height, width=width, device=options.device, dtype=options.dtype,
                compiled=options.compile,
            )  # fmt: skip
            yield from (replace(case, threads=n) for n in (options.threads if case.device == "cpu" else [1]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the arguments name and print a table, row by row."""
    options = _arguments(arguments)
    print(_line(HEADERS), flush=True)
    rows = []
    for case in _cases(options):
        row = measure(case, max(1, options.repeats))
        print(_line(cells(row)), flush=True)
        rows.append({**asdict(row), "ratio": row.ratio, "work_ratio": row.work_ratio})
    if options.json:
        options.json.write_text(
            json.dumps({"torch": torch.__version__, "rows": rows}, indent=2) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
