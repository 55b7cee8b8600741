"""A method in a package of its own: installed with pip, found through its entry point, run as a user would."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from safetensors.torch import load_file
from torch import Tensor

from unveil.isp.tone.stage import decode_curve, encode_curve

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).parent / "package"
DOCUMENT = ROOT / "docs" / "plugins.md"
PHOTOGRAPHS = ("kodim01", "kodim11", "otters")
FILES = (
    "pyproject.toml",
    "unveil_veil/network.py",
    "unveil_veil/veil.json",
    "unveil_veil/plugin.py",
    "recipe.yaml",
)
VEIL = torch.tensor([0.12, 0.10, 0.08])[:, None, None]


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A folder with the installed package, as if it were `site-packages`."""

    folder: Path

    def unveil(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "unveil", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
        environment.pop("UNVEIL_LOAD_PLUGINS", None)
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=100, check=False
        )

    def run(self, shoot: Path, output: Path, *arguments: str | Path) -> list[dict[str, Any]]:
        """Send a folder through the recipe and return what the command line tells of each frame."""
        done = self.unveil(
            "run", PACKAGE / "recipe.yaml", shoot, "-o", output, "--device", "cpu", "--json", *arguments
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return [event for line in done.stdout.splitlines() if (event := json.loads(line))["event"] == "frame"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package, built and installed by pip; from a copy, since a build leaves files behind."""
    pytest.importorskip(
        "setuptools", reason="setuptools builds the package; there is no network to fetch it from"
    )
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(PACKAGE, folder / "package", ignore=shutil.ignore_patterns("__pycache__"))
    options = (
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "--no-compile",
    )
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        *options,
        "--target",
        folder / "site",
        folder / "package",
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return Installed(folder=folder / "site")


def scene(name: str) -> Tensor:
    """A photograph in linear light, dark enough for light on top."""
    pixels = imagecodecs.jpeg8_decode((ROOT / f"tests/data/photographs/{name}.jpg").read_bytes())
    return 0.75 * decode_curve(torch.from_numpy(pixels).permute(2, 0, 1) / 255, "srgb")


def veil_over(light: Tensor) -> Tensor:
    """A veil that is stronger to the right, linear light."""
    return (VEIL * torch.linspace(0.6, 1.4, light.shape[2])).expand_as(light)


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photographs with a veil that was added where light adds."""
    folder = tmp_path_factory.mktemp("shoot")
    for name in PHOTOGRAPHS:
        encoded = encode_curve(scene(name) + veil_over(scene(name)), "srgb")
        samples = (encoded * 65535).round().permute(1, 2, 0).numpy().astype(np.uint16)
        (folder / f"{name}.png").write_bytes(imagecodecs.png_encode(np.ascontiguousarray(samples)))
    return folder


@pytest.fixture(scope="module")
def developed(
    installed: Installed, shoot: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Sequence[dict[str, Any]]]:
    """The folder of results from two worker processes, and what was told of each frame."""
    output = tmp_path_factory.mktemp("clean")
    return output, installed.run(shoot, output, "--jobs", "2")


def test_plugins_lists_the_package_with_its_version(installed: Installed) -> None:
    done = installed.unveil("plugins")
    (row,) = (line for line in done.stdout.splitlines() if "unveil_veil" in line)
    assert row.split() == ["unveil_veil.plugin", "unveil-veil", "0.1", "unveil_methods"]


def test_methods_lists_the_method_with_its_origin(installed: Installed) -> None:
    done = installed.unveil("methods")
    (row,) = (line for line in done.stdout.splitlines() if line.startswith("veil "))
    assert "linear" in row
    assert "unveil-veil 0.1 (unveil_veil.plugin)" in row


def test_weights_that_come_with_the_package_are_verified(installed: Installed) -> None:
    done = installed.unveil("weights", "verify")
    (row,) = (line for line in done.stdout.splitlines() if line.startswith("veil "))
    assert row.split()[-2:] == ["MIT", "good"]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_most_of_a_veil_over_a_photograph_goes(developed: tuple[Path, Any], name: str) -> None:
    """In linear light, mean over all pixels: less than half of what was added is left as an error."""
    encoded = torch.from_numpy(tifffile.imread(developed[0] / f"{name}_clean.tif").astype(np.float32) / 65535)
    error = decode_curve(encoded.permute(2, 0, 1), "srgb") - scene(name)
    assert float(error.abs().mean()) < 0.5 * float(veil_over(scene(name)).mean())


@pytest.fixture(scope="module")
def halved(
    installed: Installed, shoot: Path, tmp_path_factory: pytest.TempPathFactory
) -> Sequence[dict[str, Any]]:
    """What was told of each frame, and of a mosaic, with half of the recipe's `share`, in a single process."""
    output, mosaic = tmp_path_factory.mktemp("halved"), ROOT / "samples" / "harbour.dng"
    return installed.run(shoot, output, mosaic, "--jobs", "0", "--set", "separate.share=0.3")


def test_the_methods_parameter_reaches_the_workers(
    developed: tuple[Path, Sequence[dict[str, Any]]], halved: Sequence[dict[str, Any]]
) -> None:
    """The recipe says 0.6; half of that finds half of the reflection."""
    found = {event["source"]: event["scores"]["reflection"] for event in developed[1]}
    half = {event["source"]: event["scores"]["reflection"] for event in halved if event["source"] in found}
    assert len(found) == len(PHOTOGRAPHS)
    assert half == pytest.approx({source: share / 2 for source, share in found.items()}, rel=1e-4)


def test_it_works_on_a_mosaic(halved: Sequence[dict[str, Any]]) -> None:
    (event,) = (event for event in halved if event["source"].endswith(".dng"))
    assert event["status"] == "done"
    assert 0 < event["scores"]["reflection"] < 0.3


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            "separate.share=2",
            "--set separate.share=2: stages[2].separate.share: found 2; allowed: a number from 0 to 1",
        ),
        (
            "separate.shar=0.2",
            "stages[2].separate.shar: is unknown; did you mean 'share'? allowed: method, strength, ",
        ),
    ],
)
def test_its_parameter_is_checked_as_the_stages_own(
    installed: Installed, tmp_path: Path, shoot: Path, setting: str, sentence: str
) -> None:
    done = installed.unveil("run", PACKAGE / "recipe.yaml", shoot, "-o", tmp_path, "--set", setting)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_parameter_that_the_stage_owns_is_one_sentence(installed: Installed, tmp_path: Path) -> None:
    shutil.copytree(installed.folder, tmp_path / "site")
    plugin = tmp_path / "site/unveil_veil/plugin.py"
    plugin.write_text(plugin.read_text("utf-8").replace("share", "strength"), encoding="utf-8")
    done = Installed(folder=tmp_path / "site").unveil("check", PACKAGE / "recipe.yaml")
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "unveil_veil.plugin.VeilParameters: the parameter 'strength' is one of the stage itself; "
        "give the method's another name"
    ]


def test_the_weights_are_those_that_are_set_by_hand() -> None:
    network = runpy.run_path(str(PACKAGE / "unveil_veil/network.py"))["by_hand"]()
    shipped = load_file(PACKAGE / "unveil_veil/veil.safetensors")
    torch.testing.assert_close(shipped, dict(network.state_dict()))


def test_a_method_is_under_a_hundred_lines_beside_its_network() -> None:
    beside = [
        path for path in (PACKAGE / "pyproject.toml", *PACKAGE.rglob("*.py")) if path.name != "network.py"
    ]
    assert sum(len(path.read_text("utf-8").splitlines()) for path in beside) < 100


def test_the_documentation_shows_the_package_word_for_word() -> None:
    walk = (
        DOCUMENT.read_text("utf-8")
        .partition("\n## A method in an outside package\n")[2]
        .partition("\n## ")[0]
    )
    shown = re.findall(r"`([\w./]+)`:\n\n```\w+\n(.*?)^```$", walk, re.M | re.S)
    assert [name for name, _ in shown] == list(FILES)
    for name, text in shown:
        assert text == (PACKAGE / name).read_text("utf-8"), name
