"""Odd pictures through every method, as a user meets them: a right answer or one clear sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from unveil.cli import main
from unveil.isp.tone.stage import decode_curve
from unveil.pipeline.method import Domain
from unveil.pipeline.registry import DEFAULT_PLUGINS, build_registry
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.store import import_weights

REGISTRY = build_registry(DEFAULT_PLUGINS)
METHODS = [name for name, spec in REGISTRY.methods.items() if spec.domain is not Domain.RAW_DISPLAY]
SURE = [name for name in METHODS if "confidence" in REGISTRY.methods[name].gives]
MOSAIC_METHODS = [name for name in REGISTRY.methods if name not in METHODS]
RECIPE = """\
unveil: 1
name: odd
stages:
  - decode
  - linearize: {{highlights: keep}}
  - separate: {{method: {method}, scale: 64, keep: [{keep}]}}
  - demosaic
  - colour: {{working_space: sRGB}}
  - tone: {{exposure: 0}}
  - encode: {{format: tiff, depth: 16, name: "{{stem}}"}}
  - encode: {{format: tiff, depth: 16, layer: reflection, name: "reflection/{{stem}}"}}
{confidence}"""
CONFIDENCE = '  - encode: {format: tiff, depth: 16, layer: confidence, name: "confidence/{stem}"}\n'

Samples = NDArray[Any]


def noise(*shape: int, kind: type = np.uint8, low: float = 0.1, high: float = 0.9) -> Samples:
    """Return random samples between two shares of the range."""
    share = np.random.default_rng(11).uniform(low, high, shape)
    return (share * (np.iinfo(kind).max if np.issubdtype(kind, np.integer) else 1)).astype(kind)


def with_alpha(grey: Samples, alpha: int) -> Samples:
    return np.concatenate([grey, np.full_like(grey, alpha)], -1)


def spoiled(value: float) -> Samples:
    samples = noise(20, 30, 3, kind=np.float32)
    samples[3, 4, 1] = value
    return samples


GOOD: Mapping[str, Callable[[], Samples]] = {
    "one pixel": lambda: noise(1, 1, 3),
    "one row": lambda: noise(1, 40, 3),
    "one column": lambda: noise(40, 1, 3),
    "three by two": lambda: noise(3, 2, 3),
    "odd": lambda: noise(33, 47, 3),
    "long": lambda: noise(5, 400, 3),
    "grey": lambda: noise(24, 30, 1),
    "grey, opaque": lambda: with_alpha(noise(24, 30, 1), 255),
    "black": lambda: np.zeros((24, 30, 3), np.uint8),
    "white": lambda: np.full((24, 30, 3), 255, np.uint8),
    "one colour": lambda: np.full((24, 30, 3), (200, 10, 0), np.uint8),
    "16 bits": lambda: noise(24, 30, 3, kind=np.uint16),
}
"""Pictures that have an answer: as PNG."""
BAD: Mapping[str, tuple[Callable[[], Samples], str]] = {
    "nan.tif": (lambda: spoiled(float("nan")), "holds samples that are not numbers (NaN or infinity)"),
    "infinite.tif": (lambda: spoiled(float("inf")), "holds samples that are not numbers (NaN or infinity)"),
    "clear.png": (lambda: with_alpha(noise(24, 30, 1), 100), "has transparent pixels; flatten it first"),
}
"""Files without an answer, and the sentence that says why."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with weights, made from names, for the small variant of every network."""
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNVEIL_WEIGHTS", str(folder / "store"))
        for name in REGISTRY.methods:
            spec = REGISTRY.networks.get(name)
            if spec is not None:
                variant = next(variant for variant in spec.own if "small" in variant)
                network = spec.network(variant)
                fill(network)
                save_file(
                    {key: tensor.clone() for key, tensor in network.state_dict().items()},
                    folder / f"{name}.safetensors",
                )
                import_weights(spec, variant, [folder / f"{name}.safetensors"])
        yield folder / "store"


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All the pictures in one folder."""
    folder = tmp_path_factory.mktemp("shoot")
    for name, make in GOOD.items():
        (folder / f"{name}.png").write_bytes(imagecodecs.png_encode(make()))
    for name, (make, _) in BAD.items():
        if name.endswith(".png"):
            (folder / name).write_bytes(imagecodecs.png_encode(make()))
        else:
            tifffile.imwrite(folder / name, make(), photometric="rgb", software=False)
    tifffile.imwrite(
        folder / "beyond.tif", noise(24, 30, 3, kind=np.float32, low=-0.5, high=3), photometric="rgb"
    )
    return folder


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of pictures with one method."""

    output: Path
    status: int
    frames: Mapping[str, Mapping[str, Any]]
    """What was told of each, by file name."""
    said: str
    """What stood on stderr."""

    def picture(self, name: str, layer: str = "") -> Samples:
        """Return a result, or a layer of it, as read back."""
        assert self.frames[name]["status"] == "done", self.frames[name].get("reason")
        return np.asarray(tifffile.imread(self.output / layer / f"{Path(name).stem}.tif"))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny pictures wait for threads longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=METHODS)
def run(
    request: pytest.FixtureRequest, weights: Path, shoot: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The folder through every method, in this process."""
    return send(tmp_path_factory.mktemp(request.param), request.param, [shoot])


def send(folder: Path, method: str, inputs: Sequence[Path], *settings: str) -> Run:
    sure = "confidence" in REGISTRY.methods[method].gives
    keep = "reflection, confidence" if sure else "reflection"
    recipe = folder / "odd.yaml"
    recipe.write_text(RECIPE.format(method=method, keep=keep, confidence=CONFIDENCE if sure else ""))
    command = ["run", str(recipe), *map(str, inputs), "-o", str(folder / "out"), *settings]
    out, said = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        status = main([*command, "--device", "cpu", "--jobs", "0", "--json"])
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    frames = {Path(event["source"]).name: event for event in events if event["event"] == "frame"}
    return Run(output=folder / "out", status=status, frames=frames, said=said.getvalue())


def light(samples: Samples) -> Samples:
    """Return what integer samples with the sRGB curve mean."""
    share = torch.from_numpy(samples.astype(np.float64) / np.iinfo(samples.dtype).max)
    return np.asarray(decode_curve(share, "srgb"))


@pytest.mark.parametrize("name", GOOD)
def test_result_and_reflection_add_up_to_the_picture(run: Run, name: str) -> None:
    """Three channels of 16 bits at the picture's own size, finite, in light, to the precision of the files."""
    result, reflection = (run.picture(f"{name}.png", layer) for layer in ("", "reflection"))
    given = GOOD[name]()
    given = given[..., :1] if given.shape[2] == 2 else given
    assert result.dtype == reflection.dtype == np.uint16
    assert result.shape == reflection.shape == (*given.shape[:2], 3)
    expected = np.broadcast_to(light(given), result.shape)
    np.testing.assert_allclose(light(result) + light(reflection), expected, atol=1e-4)


def test_nothing_is_found_in_black(run: Run) -> None:
    assert not run.picture("black.png").any()
    assert not run.picture("black.png", "reflection").any()
    assert run.frames["black.png"]["scores"]["reflection"] == 0


def test_values_beyond_black_and_white_have_an_answer(run: Run) -> None:
    assert run.picture("beyond.tif").shape == (24, 30, 3)
    assert 0 <= run.frames["beyond.tif"]["scores"]["reflection"] <= 1


@pytest.mark.parametrize("name", BAD)
def test_a_file_without_an_answer_is_one_sentence(run: Run, shoot: Path, name: str) -> None:
    assert run.frames[name]["status"] == "failed"
    assert run.frames[name]["reason"] == f"{shoot / name}: {BAD[name][1]}"
    assert not list(run.output.rglob(f"{Path(name).stem}.*"))


def test_the_others_of_the_folder_go_on(run: Run) -> None:
    failed = {name for name, frame in run.frames.items() if frame["status"] != "done"}
    assert failed == set(BAD)
    assert run.status == 1
    assert "Traceback" not in run.said


@pytest.mark.parametrize("run", SURE, indirect=True)
@pytest.mark.parametrize("name", GOOD)
def test_a_confidence_has_the_size_of_the_picture(run: Run, name: str) -> None:
    assert run.picture(f"{name}.png", "confidence").shape[:2] == GOOD[name]().shape[:2]


@pytest.mark.parametrize("method", MOSAIC_METHODS)
def test_a_method_that_looks_at_the_mosaic_takes_any_mosaic(
    weights: Path, tmp_path: Path, make_dng: Callable[..., Path], method: str
) -> None:
    """Of 22 pixels and more on each side: LibRaw reads none that is smaller."""
    shapes = {"smallest": (22, 22), "rows": (22, 200), "columns": (200, 23), "odd": (33, 47)}
    mosaics = {name: noise(*shape, kind=np.uint16) for name, shape in shapes.items()}
    mosaics |= {"dark": np.ones((24, 32), np.uint16), "white": np.full((24, 32), 65535, np.uint16)}
    files = [make_dng(m, cfa=((0, 1), (1, 2)), name=f"{name}.dng") for name, m in mosaics.items()]
    found = send(tmp_path, method, files)
    for name, mosaic in mosaics.items():
        assert found.picture(f"{name}.dng").shape == (*mosaic.shape, 3)


@pytest.mark.parametrize("method", MOSAIC_METHODS)
def test_a_method_that_looks_at_the_mosaic_says_that_a_picture_has_none(
    weights: Path, tmp_path: Path, shoot: Path, method: str
) -> None:
    found = send(tmp_path, method, [shoot / "odd.png"])
    assert found.status == 1
    assert found.frames["odd.png"]["reason"] == (
        f"{shoot / 'odd.png'}: the method {method!r} takes Bayer mosaics, and this frame has three colours at every "
        "pixel; use another recipe"
    )


@pytest.mark.parametrize(
    ("method", "variant"),
    [("ibcln", "full"), ("location_aware", "full"), ("durrnet", "hyper"), ("cr3net", "full")],
)
def test_missing_weights_are_one_sentence_that_says_how_to_get_them(
    tmp_path: Path, shoot: Path, monkeypatch: pytest.MonkeyPatch, method: str, variant: str
) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "empty"))
    found = send(tmp_path, method, [shoot / "odd.png"], "--set", f"separate.variant={variant}")
    assert found.status == 3
    (sentence,) = found.said.splitlines()
    assert sentence.startswith(f"no weights of '{method}")
    assert (
        f"are in {tmp_path / 'empty'}; get the authors' files and run `unveil weights import {method} FILE"
        in sentence
    )
