"""Fixtures that more than one test file uses."""

from __future__ import annotations

import os

# Before torch is imported, and for the programs that tests start: on small pictures more threads only wait for each
# other, and on a busy machine they wait long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

ROOT = Path(__file__).parents[1]
D65_MATRIX = (0.9, -0.3, -0.1, -0.4, 1.2, 0.2, -0.1, 0.2, 0.6)

DngMaker = Callable[..., Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where and in what precision the published networks are compared with their cases."""
    parser.addoption("--device", default="cpu", help="torch device of the parity tests")
    parser.addoption("--dtype", default="float32", choices=("float32", "bfloat16", "float16"))


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """Torch device of the parity tests."""
    return str(request.config.getoption("--device"))


@pytest.fixture(scope="session")
def dtype(request: pytest.FixtureRequest) -> str:
    """Precision of the parity tests."""
    return str(request.config.getoption("--dtype"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development data: real camera files, photographs, pairs with reflections."""
    data = Path(os.environ.get("UNVEIL_SHARED", ROOT.parent / "shared")) / "data"
    if not data.is_dir():
        pytest.skip(f"no development data at {data} (set UNVEIL_SHARED)")
    return data


@pytest.fixture(scope="session")
def reference() -> Path:
    """The reference cases of the published networks: a folder for each."""
    folder = Path(os.environ.get("UNVEIL_REFERENCE", ROOT.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip(f"no reference cases at {folder} (set UNVEIL_REFERENCE)")
    return folder


@pytest.fixture
def make_dng(tmp_path: Path) -> DngMaker:
    """Return a writer of small DNG files: samples and tags in, path out."""

    def write(
        samples: np.ndarray,
        *,
        cfa: Sequence[Sequence[int]] | None = None,
        name: str = "made.dng",
        tags: Sequence[tuple[int, int, int, Any]] = (),
        neutral: Sequence[float] = (0.5, 1.0, 0.8),
    ) -> Path:
        path = tmp_path / name
        tifffile.imwrite(
            path,
            samples,
            photometric=1 if samples.ndim == 2 and cfa is None else _photometric(cfa),
            metadata=None,
            software=False,
            extratags=[(*tag, True) for tag in (*_required(samples, cfa, neutral), *tags)],
        )
        with tifffile.TiffFile(path, mode="r+") as tiff:
            tiff.pages.first.tags[262].overwrite(_photometric(cfa))
        return path

    return write


@pytest.fixture
def noise() -> torch.Generator:
    """A seeded source of random numbers."""
    return torch.Generator().manual_seed(20240607)


def _photometric(cfa: Sequence[Sequence[int]] | None) -> int:
    return 32803 if cfa is not None else 34892


def _required(
    samples: np.ndarray, cfa: Sequence[Sequence[int]] | None, neutral: Sequence[float]
) -> list[tuple[int, int, int, Any]]:
    """Tags (number, TIFF type, count, value) without which LibRaw does not take a file as a DNG."""
    colours = 1 if samples.ndim == 2 and cfa is None else 3
    found: list[tuple[int, int, int, Any]] = [
        (50706, 1, 4, (1, 4, 0, 0)),
        (50708, 2, 0, "Made for a test"),
        (271, 2, 0, "Testmaker"),
        (272, 2, 0, "Model T"),
    ]
    if colours == 3:
        found += [
            (50721, 10, 9, [part for value in D65_MATRIX for part in (round(value * 10000), 10000)]),
            (50778, 3, 1, 21),
            (50728, 5, 3, [part for value in neutral for part in (round(value * 10000), 10000)]),
        ]
    if cfa is not None:
        rows, columns = len(cfa), len(cfa[0])
        found += [
            (33421, 3, 2, (rows, columns)),
            (33422, 1, rows * columns, bytes(colour for row in cfa for colour in row)),
        ]
    return found
