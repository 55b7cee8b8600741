"""Small pictures and histograms for the page, made once for each result."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EnvironmentFailure
from ..shown import shown
from ..whole import write_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

FILES = "index_files"
"""Folder beside the page; some desktops move it together with the page because of its name."""
SUFFIX = ".webp"
"""Browsers show it, and it is none of `inputs.PICTURE_SUFFIXES`: no glob takes a thumbnail for a photograph."""
HISTOGRAMS = "histograms.json"
EDGE = 320
"""Longer side of a thumbnail in pixels: that of its tile on a screen with 1.5 pixels to a point."""
QUALITY = 75
BINS = 64
"""Of a histogram, for each of R, G and B; each spans 4 of 256 values."""
THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the page shows of a picture before anybody opens it."""

    thumbnail: str
    """Path relative to the page; empty where none was asked for."""
    histogram: str
    """Base64 of 3 x `BINS` bytes, R first: counts against the largest one that is not at either end."""


def look_at(folder: Path, sheet: Sequence[str], others: Sequence[str]) -> dict[str, Look]:
    """Return by path what the page shows of pictures; one that OpenCV cannot read is left out.

    What an earlier page made of the same files is taken again, and what no picture needs any longer is removed.

    Parameters
    ----------
    folder
        The output folder; the pictures, 8 or 16 bits, are named relative to it.
    sheet
        Pictures of the contact sheet: they get thumbnails, in the pictures' own colours without their profile.
    others
        Pictures that get a histogram only.

    Raises
    ------
    EnvironmentFailure
        A thumbnail cannot be written.
    """
    home = folder / FILES
    earlier = _earlier(home / HISTOGRAMS)
    in_sheet = set(sheet)
    wanted = {path: (path in in_sheet, _key(folder, path)) for path in (*sheet, *others)}

    def look(path: str) -> str:
        with_thumbnail, key = wanted[path]
        thumbnail = home / (key + SUFFIX) if with_thumbnail else None
        if key in earlier and (thumbnail is None or thumbnail.is_file()):
            return earlier[key]
        return _looked_at(folder / path, thumbnail)

    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        histograms = dict(zip(wanted, pool.map(look, wanted), strict=True))
    looks = {
        path: Look(thumbnail=f"{FILES}/{key}{SUFFIX}" if thumbnail else "", histogram=histograms[path])
        for path, (thumbnail, key) in wanted.items()
        if histograms[path]
    }
    _keep(home, {wanted[path][1]: look.histogram for path, look in looks.items()})
    return looks


def histogram(picture: Picture) -> str:
    """Return a histogram as `Look.histogram` of an (H, W, 3) picture, B first."""
    import cv2
    import numpy as np

    counts = np.stack([cv2.calcHist([picture], [c], None, [BINS], [0, 256]).ravel() for c in (2, 1, 0)])
    # A clipped channel piles up at an end; against that pile the rest could not be seen.
    highest = counts[:, 1:-1].max() or counts.max()
    heights = np.clip(np.ceil(counts / highest * 255), 0, 255).astype(np.uint8)
    return base64.b64encode(heights.tobytes()).decode("ascii")


def _looked_at(path: Path, thumbnail: Path | None) -> str:
    """Write the thumbnail, if one is asked for, and return the histogram; empty where the file is unreadable."""
    picture = _decoded(path)
    if picture is None:
        return ""
    if thumbnail is not None:
        try:
            thumbnail.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise EnvironmentFailure(f"{shown(thumbnail.parent)} cannot be made: {error.strerror}") from error
        write_whole(thumbnail, _small(picture))
    return histogram(picture)


def _decoded(path: Path) -> Picture | None:
    """Return (H, W, 3), B first, at half size, which is fine enough for a histogram and quick for a JPEG."""
    import cv2
    import numpy as np

    try:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    except (OSError, cv2.error):
        return None
    return None if picture is None else picture.astype(np.uint8, copy=False)


def _small(picture: Picture) -> bytes:
    import cv2

    height, width = picture.shape[:2]
    scale = min(1.0, EDGE / max(height, width))
    fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, fitted, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(SUFFIX, small, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes())


def _key(folder: Path, path: str) -> str:
    """Return what a file and its content are known by: another size or time is another content."""
    import xxhash

    stat = (folder / path).stat()
    return xxhash.xxh3_64_hexdigest(os.fsencode(path) + f"\0{stat.st_size}\0{stat.st_mtime_ns}".encode())


def _earlier(path: Path) -> Mapping[str, str]:
    """Return the histograms of an earlier page by key; none where they cannot be read, they are made again."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(home: Path, histograms: Mapping[str, str]) -> None:
    """Keep the histograms for the next page, and remove thumbnails of pictures that are gone."""
    if not home.is_dir():
        return
    for thumbnail in home.glob("[0-9a-f]" * 16 + SUFFIX):
        if thumbnail.stem not in histograms:
            thumbnail.unlink(missing_ok=True)
    write_whole(home / HISTOGRAMS, json.dumps(histograms))
