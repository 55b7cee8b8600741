"""Other programs that read our files: their pixels, and the metadata they find."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

Samples = NDArray[Any]
Reader = Callable[[Path, Path], Samples | None]
"""A file and a folder for what is in between, to (H, W, 3) whole samples as they stand in it; None: cannot read it."""
SECONDS = 300


def by_pillow(path: Path, folder: Path) -> Samples | None:
    """Pillow: 8 bits. Of RGB with 16 it reads the upper halves of a PNG, and no TIFF."""
    if path.suffix in (".exr", ".jxl"):
        return None
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError):
        return None


def by_imagemagick(path: Path, folder: Path) -> Samples | None:
    """ImageMagick: 16 bits, no conversion of colours."""
    program = imagemagick()
    if program is None or path.suffix in (".exr", ".jxl"):
        return None
    answer = _run([program, str(path), "-depth", "16", "ppm:-"])
    return _ppm(answer)


def by_libjxl(path: Path, folder: Path) -> Samples | None:
    """`djxl` of libjxl's tools, into a PNG."""
    target = folder / f"{path.name}.djxl.png"
    if path.suffix != ".jxl" or shutil.which("djxl") is None:
        return None
    _run(["djxl", str(path), str(target)])
    return np.asarray(imagecodecs.png_decode(target.read_bytes())) if target.is_file() else None


def by_libavif(path: Path, folder: Path) -> Samples | None:
    """`avifdec` of libavif's programs, into a PNG."""
    target = folder / f"{path.name}.avifdec.png"
    if path.suffix != ".avif" or shutil.which("avifdec") is None:
        return None
    _run(["avifdec", "-d", "16", str(path), str(target)])
    return np.asarray(imagecodecs.png_decode(target.read_bytes())) if target.is_file() else None


READERS: Mapping[str, Reader] = {
    "Pillow": by_pillow,
    "ImageMagick": by_imagemagick,
    "djxl": by_libjxl,
    "avifdec": by_libavif,
}


def by_darktable(path: Path, folder: Path) -> NDArray[np.float32] | None:
    """Return what darktable shows of a file: its colours read through its profile and exported as sRGB, (H, W, 3)."""
    if shutil.which("darktable-cli") is None:
        return None
    target = folder / f"{path.name}.darktable.tif"
    own = ["--configdir", str(folder / "darktable"), "--library", ":memory:", "--disable-opencl"]
    settings = ["plugins/imageio/format/tiff/bpp=32", "plugins/darkroom/workflow=none"]
    settings += ["plugins/darkroom/chromatic-adaptation=legacy", "write_sidecar_files=never"]
    own += [part for setting in settings for part in ("--conf", setting)]
    plain = ["--icc-type", "SRGB", "--apply-custom-presets", "0"]
    _run(["darktable-cli", str(path), str(target), *plain, "--core", *own])
    return np.asarray(tifffile.imread(target), np.float32)[..., :3] if target.is_file() else None


def by_exiftool(path: Path) -> dict[str, Any] | None:
    """Return all tags that exiftool finds, with their groups; None where it is not installed."""
    if shutil.which("exiftool") is None:
        return None
    answer = _run(["exiftool", "-json", "-n", "-G0", "-all", str(path)])
    found: dict[str, Any] = json.loads(answer)[0]
    return found


@cache
def imagemagick() -> str | None:
    """Return the installed ImageMagick: `magick`, or under one of its older names."""
    for name in ("magick", "convert", "convert-im6.q16"):
        if shutil.which(name) and b"ImageMagick Studio" in _run([name, "-version"]):
            return name
    return None


def _ppm(data: bytes) -> Samples | None:
    """Samples of a binary PPM: `P6`, width, height, maximum, then bytes or big-endian words."""
    parts = data.split(maxsplit=4)
    if len(parts) < 5 or parts[0] != b"P6":
        return None
    width, height, top = (int(part) for part in parts[1:4])
    kind = np.dtype(">u2") if top > 255 else np.dtype("u1")
    flat = np.frombuffer(data[-width * height * 3 * kind.itemsize :], kind)
    return flat.astype(kind.newbyteorder("=")).reshape(height, width, 3)


def _run(command: list[str]) -> bytes:
    return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False).stdout
