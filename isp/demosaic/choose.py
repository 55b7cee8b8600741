"""Which way a mosaic is demosaiced, and its side layers with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from torch import Tensor

from ...pipeline.errors import FrameError
from ..cfa import Pattern, colour_index, describe_pattern, is_bayer, is_monochrome
from .blocks import block_size, half, superpixel
from .edge_aware import demosaic_edge_aware
from .encoded import encode_mosaic, interpolate_encoded
from .libraw import demosaic_libraw
from .malvar2004 import demosaic_malvar2004
from .menon2007 import demosaic_menon2007
from .pekkucuksen2010 import demosaic_pekkucuksen2010
from .tent import interpolate_tent

BEST_BAYER = "pekkucuksen2010"
"""What `auto` takes on Bayer mosaics: the most accurate one in the tables of docs/isp-accuracy.md."""
DIRECTIONAL = {"pekkucuksen2010": demosaic_pekkucuksen2010, "menon2007": demosaic_menon2007}
LIBRAW = {"libraw": "AHD", "ahd": "AHD", "dht": "DHT", "aahd": "AAHD", "vng": "VNG", "ppg": "PPG"}
"""Names of `rawpy.DemosaicAlgorithm`."""
BLOCKS = {"superpixel": superpixel, "half": half}
ANY_MOSAIC = ("libraw", "vng", "superpixel")
"""What takes mosaics other than Bayer, X-Trans for one."""
Values = Literal["display", "light"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a frame is demosaiced."""

    words: str
    """For the trail."""
    picture: Callable[[Tensor], Tensor]
    """(1, H, W) to (3, h, w)."""
    linear: Callable[[Tensor, Tensor], Tensor]
    """For side layers: a (1, H, W) layer and the picture's mosaic, whose edges it follows, to (3, h, w)."""
    exact: bool = True
    """`picture` is what `linear` gives for the picture itself."""
    block: int = 1
    """Pixels of the mosaic, along each side, that become one."""


def choose(
    source: Path,
    cfa: Pattern,
    algorithm: str,
    values: Values = "display",
    origin: tuple[int, int] = (0, 0),
) -> Way:
    """Return the way for a mosaic, which begins at `origin` of the file's; `FrameError` if the algorithm does not take
    it.

    Side layers need a linear interpolation (`isp.demosaic.layers`): along the edges of the picture by
    `pekkucuksen2010` and `menon2007`, whose decisions can be taken from it; `ea` and LibRaw's algorithms tell nobody
    what they decide, and leave the layers of Bayer mosaics to the former, of others to means.
    """
    if is_monochrome(cfa):
        return _monochrome(algorithm)
    name = algorithm
    if algorithm == "auto":
        name = BEST_BAYER if is_bayer(cfa) else "libraw"
    if not is_bayer(cfa) and name not in ANY_MOSAIC:
        raise FrameError(
            f"{source}: its mosaic is {describe_pattern(cfa)} and {name} takes Bayer only; "
            "use demosaic.algorithm: auto, libraw, vng or superpixel"
        )
    if name in BLOCKS:
        way = _blocks(cfa, name)
    elif name in LIBRAW:
        way = _libraw(source, cfa, name, origin)
    else:
        way = _ours(cfa, name, values)
    words = f"{describe_pattern(cfa)} by {way.words}{' (chosen by auto)' if algorithm == 'auto' else ''}"
    return replace(way, words=words)


def _monochrome(algorithm: str) -> Way:
    one = ((1,),)
    kernel = half if algorithm == "half" else superpixel
    return Way(
        words=f"monochrome by {'averaging 2x2 samples' if algorithm == 'half' else 'copying the one channel'}",
        picture=lambda mosaic: kernel(mosaic, one),
        linear=lambda layer, _: kernel(layer, one),
        block=2 if algorithm == "half" else 1,
    )


def _blocks(cfa: Pattern, name: str) -> Way:
    kernel = BLOCKS[name]
    return Way(
        words=name,
        picture=lambda mosaic: kernel(mosaic, cfa),
        linear=lambda layer, _: kernel(layer, cfa),
        block=2 if name == "half" else block_size(cfa),
    )


def _ours(cfa: Pattern, name: str, values: Values) -> Way:
    """Algorithms that work on any samples: light or display values."""
    kernel = {**DIRECTIONAL, "malvar2004": demosaic_malvar2004, "ea": demosaic_edge_aware}[name]
    encoded = values == "display"

    def picture(mosaic: Tensor) -> Tensor:
        if encoded:
            return interpolate_encoded(lambda seen: kernel(seen, cfa), mosaic)
        return kernel(mosaic, cfa)

    def linear(layer: Tensor, mosaic: Tensor) -> Tensor:
        if name == "malvar2004":
            return demosaic_malvar2004(layer, cfa)
        guided = DIRECTIONAL.get(name, DIRECTIONAL[BEST_BAYER])
        return guided(layer, cfa, encode_mosaic(mosaic) if encoded else mosaic)

    words = f"OpenCV's {name} (16-bit steps)" if name == "ea" else name
    return Way(
        words=f"{words} on {'display values' if encoded else 'light'}",
        picture=picture,
        linear=linear,
        exact=name != "ea" and not encoded,
    )


def _libraw(source: Path, cfa: Pattern, name: str, origin: tuple[int, int]) -> Way:
    """LibRaw's algorithms: 16-bit steps, on the CPU, on light, deciding for themselves."""

    def picture(mosaic: Tensor) -> Tensor:
        return demosaic_libraw(source, mosaic, LIBRAW[name], origin)

    def linear(layer: Tensor, mosaic: Tensor) -> Tensor:
        if is_bayer(cfa):
            return DIRECTIONAL[BEST_BAYER](layer, cfa, mosaic)
        return interpolate_tent(layer, colour_index(cfa, *layer.shape[1:]).numpy())

    own = {"libraw": "LibRaw's ahd" if is_bayer(cfa) else "LibRaw"}.get(name, f"LibRaw's {name}")
    return Way(words=f"{own} (16-bit steps) on light", picture=picture, linear=linear, exact=False)
