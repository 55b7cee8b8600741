"""Which way a mosaic is demosaiced, and its side layers with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ...pipeline.errors import FrameError
from ..cfa import Pattern, describe_pattern, is_bayer, is_monochrome
from .blocks import block_size, half, superpixel
from .edge_aware import demosaic_edge_aware
from .libraw import demosaic_libraw
from .malvar2004 import demosaic_malvar2004
from .menon2007 import demosaic_menon2007
from .pekkucuksen2010 import demosaic_pekkucuksen2010

BEST_BAYER = "pekkucuksen2010"
"""What `auto` takes on Bayer mosaics: the most accurate one in the tables of docs/isp-accuracy.md."""
DIRECTIONAL = {"pekkucuksen2010": demosaic_pekkucuksen2010, "menon2007": demosaic_menon2007}
LIBRAW = {"libraw": "AHD", "ahd": "AHD", "dht": "DHT", "aahd": "AAHD", "vng": "VNG", "ppg": "PPG"}
"""Names of `rawpy.DemosaicAlgorithm`."""
ANY_MOSAIC = ("libraw", "vng", "superpixel")
"""What takes mosaics other than Bayer, X-Trans for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a frame is demosaiced."""

    words: str
    """For the trail."""
    picture: Callable[[Tensor], Tensor]
    """(1, H, W) to (3, h, w)."""
    layer: Callable[[Tensor, Tensor], Tensor]
    """A (1, H, W) side layer and the picture's mosaic to (3, h, w)."""
    block: int = 1
    """Pixels of the mosaic, along each side, that become one."""
    about_layers: str = ""
    """Said in the trail where there are side layers."""


def choose(source: Path, cfa: Pattern, algorithm: str) -> Way:
    """Return the way for a mosaic; `FrameError` if the algorithm does not take it.

    Side layers must add up with each other, and with the picture, as they did in the mosaic. Linear algorithms
    see to that by themselves; `menon2007` and `pekkucuksen2010` interpolate layers by what they decided on the picture,
    and `ea` and LibRaw's, which tell nobody what they decided, leave the layers of Bayer mosaics to the latter.
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
    way = _opaque(source, cfa, name) if name in LIBRAW or name == "ea" else _open(cfa, name)
    chosen = " (chosen by auto)" if algorithm == "auto" else ""
    return Way(
        words=f"{describe_pattern(cfa)} by {way.words}{chosen}",
        picture=way.picture,
        layer=way.layer,
        block=way.block,
        about_layers=way.about_layers,
    )


def _monochrome(algorithm: str) -> Way:
    one = ((1,),)
    if algorithm == "half":
        return Way(
            words="monochrome by averaging 2x2 samples",
            picture=lambda mosaic: half(mosaic, one),
            layer=lambda layer, _: half(layer, one),
            block=2,
        )
    return Way(
        words="monochrome by copying the one channel",
        picture=lambda mosaic: superpixel(mosaic, one),
        layer=lambda layer, _: superpixel(layer, one),
    )


def _open(cfa: Pattern, name: str) -> Way:
    """Algorithms of our own: torch, linear or with decisions that can be shared."""
    if name in DIRECTIONAL:
        directional = DIRECTIONAL[name]
        return Way(
            words=name,
            picture=lambda mosaic: directional(mosaic, cfa),
            layer=lambda layer, picture: directional(layer, cfa, picture),
            about_layers="side layers along the edges of the picture",
        )
    linear = {"malvar2004": demosaic_malvar2004, "superpixel": superpixel, "half": half}[name]
    return Way(
        words=name,
        picture=lambda mosaic: linear(mosaic, cfa),
        layer=lambda layer, _: linear(layer, cfa),
        block={"malvar2004": 1, "half": 2}.get(name) or block_size(cfa),
    )


def _opaque(source: Path, cfa: Pattern, name: str) -> Way:
    """Algorithms of other libraries: 16-bit steps, on the CPU, deciding for themselves."""

    def picture(mosaic: Tensor) -> Tensor:
        if name == "ea":
            return demosaic_edge_aware(mosaic, cfa)
        return demosaic_libraw(source, mosaic, LIBRAW[name])

    library = "OpenCV's ea" if name == "ea" else _libraw_words(cfa, name)
    if is_bayer(cfa):
        return Way(
            words=f"{library} (16-bit steps)",
            picture=picture,
            layer=lambda layer, guide: DIRECTIONAL[BEST_BAYER](layer, cfa, guide),
            about_layers=f"side layers by {BEST_BAYER} along the edges of the picture, because those of {name} are "
            "not known: they add up with each other, and with the picture where it was measured",
        )
    return Way(
        words=f"{library} (16-bit steps)",
        picture=picture,
        layer=lambda layer, _: picture(layer),
        about_layers="side layers each for itself: they add up exactly only where they were measured",
    )


def _libraw_words(cfa: Pattern, name: str) -> str:
    if name == "libraw":
        return "LibRaw's ahd" if is_bayer(cfa) else "LibRaw"
    return f"LibRaw's {name}"
