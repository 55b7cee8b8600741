"""Masks that limit where a reflection is taken out."""

from __future__ import annotations

import os
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor

from ...isp.decode.picture import read_picture
from ...isp.orient import UNDO, apply_orientation
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame

ASPECT = 0.02
"""By how much, as a share, the sides' ratio of a mask may differ from the frame's."""
GREY = 3 / 255
"""Difference between the channels of a place up to which it counts as grey: what JPEG makes of a grey picture."""


def find_mask(pattern: str, source: Path) -> Path:
    """Return the path of the mask of a frame.

    Parameters
    ----------
    pattern : str
        Path, in which `{stem}` stands for the name of the source without its suffix. A relative one is looked for
        from the folder of the source first, for masks belong to their frames wherever a command is given, and then
        from the working folder.
    source : Path
        The frame's file.

    Returns
    -------
    Path
        Of a file that is there.

    Raises
    ------
    FrameError
        There is none.
    """
    path = Path(pattern.replace("{stem}", source.stem))
    places = list(dict.fromkeys(Path(os.path.abspath(folder / path)) for folder in (source.parent, Path())))
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        names = " and no ".join(map(str, places))
        raise FrameError(f"{source}: there is no {names} to be its mask; make one, or leave out `mask`")
    return found


def read_mask(path: Path, frame: Frame) -> Tensor:
    """Read the mask of a frame.

    Parameters
    ----------
    path : Path
        A grey PNG, TIFF or JPEG.
    frame : Frame
        With pixels: its size, and the orientation by which it is seen upright, as the mask is.

    Returns
    -------
    (1, h, w) float32
        In [0, 1] as the file has it (no curve is undone), lying as the frame's pixels do, no larger than these.

    Raises
    ------
    FrameError
        It cannot be read, has colours, or the ratio of its sides differs from the frame's.
    """
    pixels = _read(path, frame)
    if float((pixels.amax(0) - pixels.amin(0)).max()) > GREY:
        raise FrameError(
            f"{frame.source}: the mask {path} has colours; save it in grey, white where the reflection shall go"
        )
    grey = apply_orientation(pixels[:1], UNDO[frame.metadata.orientation]).to(frame.image().device)
    _check_aspect(path, grey, frame)
    return _no_larger(grey, *frame.image().shape[-2:]).clamp(0, 1)


def at_size(mask: Tensor, height: int, width: int) -> Tensor:
    """Bring a (1, h, w) mask to a size by averaging areas or by straight lines."""
    return F.interpolate(mask[None], size=(height, width), mode="bilinear", antialias=True)[0]


def _read(path: Path, frame: Frame) -> Tensor:
    try:
        return read_picture(path).pixels
    except FrameError as error:
        raise FrameError(f"{frame.source}: its mask cannot be used: {error}") from error
    except OSError as error:
        raise FrameError(f"{frame.source}: its mask {path} cannot be read: {error.strerror}") from error


def _check_aspect(path: Path, mask: Tensor, frame: Frame) -> None:
    shapes = [picture.shape[-2:] for picture in (mask, frame.image())]
    ratio = (shapes[0][1] / shapes[0][0]) / (shapes[1][1] / shapes[1][0])
    if max(ratio, 1 / ratio) <= 1 + ASPECT:
        return
    turned = frame.metadata.orientation >= 5
    sizes = [f"{h} x {w}" if turned else f"{w} x {h}" for h, w in shapes]
    raise FrameError(
        f"{frame.source}: the mask {path} is {sizes[0]} pixels, and the frame upright {sizes[1]}; "
        "the ratio of the sides must be the same"
    )


def _no_larger(mask: Tensor, height: int, width: int) -> Tensor:
    size = (min(mask.shape[-2], height), min(mask.shape[-1], width))
    return mask if size == mask.shape[-2:] else at_size(mask, *size)
