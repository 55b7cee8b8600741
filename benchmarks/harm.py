"""What a method does to photographs that need none of it, and to those that do.

    python -m unveil.benchmarks.harm --photos DIR... --pairs DIR... [--each N] [--method NAME] [--threads N]
        [--json FILE]

Of every folder of photographs without glass, at most N, evenly spread by name, and the transmissions of all pairs; then
the blended pictures of the pairs. Each goes through `separate` as it is by default, and leaves its scores. Where a
drift cannot be measured because reflection was found all over, there is none in the table; the frame counts as flagged.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FLAGGED
from unveil.pipeline.single import build_stage
from unveil.pipeline.stage import Stage
from unveil.training.pairs import list_pairs
from unveil.training.photographs import list_photographs, read_display

SCORES = ("reflection", "drift", "drift_colour")
SKIP = 0.01
"""The `skip_below` that the last line counts for."""
Scores = dict[str, float]


def scores_of(path: Path, stage: Stage) -> Scores:
    """Return the scores of a photograph by name."""
    frame = Frame(
        source=path,
        pixels=read_display(path).float() / 255,
        space=Space.DISPLAY_RGB,
        primaries="sRGB",
        curve="srgb",
    )
    return dict(stage(frame).scores)


def spread(folder: Path, most: int) -> list[Path]:
    """Return at most so many photographs of a folder, evenly spread by name."""
    files = sorted(list_photographs([folder]))
    picked = np.linspace(0, len(files) - 1, min(most, len(files))).round().astype(int)
    return [files[number] for number in picked]


def lines(name: str, found: Sequence[Scores]) -> Iterable[str]:
    """Yield the rows of a set of pictures, in per cent, and what a policy would do."""
    for score in SCORES:
        values = [100 * scores[score] for scores in found if score in scores]
        median, high, most = (float(np.percentile(values, at)) for at in (50, 90, 100))
        yield f"| `{score}` {name} | {median:.1f} % | {high:.1f} % | {most:.1f} % |"
    skipped = sum(scores["reflection"] < SKIP for scores in found)
    flagged = sum(FLAGGED in scores for scores in found)
    unmeasured = sum("drift" not in scores for scores in found)
    yield (
        f"\n{name}: {len(found)} pictures, `skip_below: {SKIP}` leaves {skipped} untouched, {flagged} flagged, "
        f"{unmeasured} without a place to measure the drift at\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table and what the default policy does."""
    parser = argparse.ArgumentParser(prog="unveil.benchmarks.harm", description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--pairs", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--each", type=int, default=30, metavar="N")
    parser.add_argument("--method", default="unveilnet", metavar="NAME")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores there too")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    stage = build_stage(build_registry(), "separate", "cpu", method=given.method)[2]
    pairs = [pair for folder in given.pairs for pair in list_pairs(folder, ())]
    clear = [path for folder in given.photos for path in spread(folder, given.each)]
    clear += [pair.transmission for pair in pairs]
    sets = {"without glass": clear, "through glass": [pair.blended for pair in pairs]}
    print("| | median | 90 % | largest |\n|---|---|---|---|")
    held: dict[str, dict[str, Scores]] = {}
    for name, files in sets.items():
        held[name] = {str(path): scores_of(path, stage) for path in files}
        print("\n".join(lines(name, list(held[name].values()))), flush=True)
    if given.json:
        given.json.write_text(json.dumps(held, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
