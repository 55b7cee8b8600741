"""`make weights`: every shipped weight has its training, part after part."""

import shutil
import subprocess
from pathlib import Path

import pytest

from unveil.training.config import load_config
from unveil.training.trainee import METHODS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def commands(method: str, empty: Path) -> list[str]:
    """Return what `make` would run where nothing is trained yet, a command each."""
    words: list[str | Path] = [
        "make",
        "-n",
        "-f",
        ROOT / "training" / "weights.mk",
        f"runs/{method}.safetensors",
        "DATA=data",
    ]
    done = subprocess.run(words, cwd=empty, capture_output=True, text=True, check=True)
    return [" ".join(line.split()) for line in done.stdout.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("method", METHODS)
def test_each_part_starts_from_what_an_earlier_one_leaves(method: str, tmp_path: Path) -> None:
    there: set[Path] = set()
    for command in commands(method, tmp_path):
        words = command.split()
        if words[:2] == ["unveil", "train"]:
            config = load_config(ROOT / words[2])
            assert config.method == method
            start = config.start and config.start.resolve().relative_to(ROOT)
            assert start is None or start in there, f"{words[2]} starts from {start}"
            folder = Path(words[words.index("-o") + 1])
            kept = range(config.keep_every or config.last_step, config.last_step, config.keep_every or 1)
            there |= {folder / name for name in ("best.safetensors", "last.safetensors")}
            there |= {folder / f"checkpoint_{step:06d}.pt" for step in kept}
        elif "unveil.training.soup" in command:
            output = words.index("-o") + 1
            missing = {Path(word) for word in words[output + 1 :]} - there
            assert not missing
            there.add(Path(words[output]))
    assert Path(f"runs/{method}.safetensors") in there


@pytest.mark.parametrize("method", METHODS)
def test_pictures_are_fetched_and_lessons_written_before_they_are_learned_from(
    method: str, tmp_path: Path
) -> None:
    written = ["data/photos", "data/reflection"]
    for command in commands(method, tmp_path):
        words = command.split()
        if "unveil.training.fetch" in command:
            written.append(words[-1])
        elif words[:2] == ["unveil", "synth"]:
            written.append(words[words.index("-o") + 1])
        elif words[:2] == ["unveil", "train"]:
            config = load_config(ROOT / words[2], Path("data"))
            for folder in (*config.photographs, *config.panoramas, *config.paired):
                assert any(folder.is_relative_to(where) for where in written), (words[2], folder)
