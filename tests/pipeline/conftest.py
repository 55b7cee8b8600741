"""Small pictures, a short recipe, and an installed plugin that misbehaves on demand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from unveil.pipeline.plan import Plan, make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry

PictureMaker = Callable[..., Path]

STAGES = """\
unveil: 1
name: short
stages:
  - decode: {}
  - linearize: {}
  - demosaic: {}
  - colour: {}
  - tone: {exposure: 0}
"""
ENCODE = '  - encode: {format: jpeg, name: "{stem}_small"}\n'
SHORT = STAGES + ENCODE
STRUCK = STAGES + "  - strike: {}\n" + ENCODE

STRIKE = '''\
"""A plugin whose stage does what the name of the frame says."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from unveil import Space, StageSpec, hookimpl
from unveil.pipeline.stage import Parameters


def half(frame):
    name = f".{frame.source.stem}_small.jpg.part-{os.getpid()}"
    (frame.destination.folder / name).write_bytes(b"half a picture")


def strike(frame):
    name = frame.source.stem
    if name.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("slow") and not (frame.destination.folder.parent / "hurry").exists():
        half(frame)
        time.sleep(60)
    if name.startswith("once") and not frame.source.with_suffix(".struck").exists():
        frame.source.with_suffix(".struck").touch()
        half(frame)
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("hungry"):
        held = b"1" * 700_000_000
        time.sleep(0.1 * len(held) / 1e8)
    if name.startswith("vanish"):
        frame.source.unlink()
    if name.startswith("change"):
        frame.source.write_bytes(frame.source.read_bytes() + b"more")
    if name.startswith("nan"):
        return replace(frame, pixels=frame.pixels / 0 * 0)
    if name.startswith("raise"):
        raise ZeroDivisionError("struck")
    if name.startswith("linear"):
        return replace(frame, space=Space.LINEAR_RGB)
    return frame.note(f"in process {os.getpid()}")


@hookimpl
def unveil_stages():
    display = Space.DISPLAY_RGB
    yield StageSpec(name="strike", summary="fails on demand", parameters=Parameters,
                    routes={display: frozenset({display})}, build=lambda parameters, context: strike)
'''


@pytest.fixture
def picture(tmp_path: Path) -> PictureMaker:
    """Return a writer of PNG files of 32 x 24 pixels: a name, in folders if it says so, to the path."""

    def write(name: str = "a.png", seed: int = 0) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).integers(20, 220, (24, 32, 3), dtype=np.uint8)
        path.write_bytes(imagecodecs.png_encode(noise))
        return path

    return write


@pytest.fixture
def short_recipe(tmp_path: Path) -> Path:
    """A recipe file that writes one small JPEG for each frame."""
    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    return path


@pytest.fixture
def short_plan() -> Plan:
    """The plan of that recipe, on the CPU."""
    registry = build_registry()
    return make_plan(parse_recipe(SHORT, registry), registry, "cpu")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the plugin `strike` for this process and those it starts; return the folder."""
    folder = tmp_path / "site"
    information = folder / "unveil_strike-1.0.dist-info"
    information.mkdir(parents=True)
    (folder / "unveil_strike.py").write_text(STRIKE)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: unveil-strike\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[unveil]\nstrike = unveil_strike\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delitem(sys.modules, "unveil_strike", raising=False)
    return folder


@pytest.fixture
def struck_recipe(site: Path) -> Path:
    """A recipe file with the stage `strike` before its one small JPEG."""
    path = site / "struck.yaml"
    path.write_text(STRUCK)
    return path


@pytest.fixture
def struck_plan(struck_recipe: Path) -> Plan:
    """The plan of that recipe, on the CPU."""
    registry = build_registry()
    return make_plan(parse_recipe(struck_recipe.read_bytes(), registry, str(struck_recipe)), registry, "cpu")
