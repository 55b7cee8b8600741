"""Three colours at every pixel, from a mosaic of one colour each.

`demosaic_malvar2004` and `superpixel` run in torch; X-Trans goes through LibRaw (`demosaic_libraw`). None of
them knows black or white levels: `linearize` comes before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space, Triple
from ..bands import BAND
from ..cfa import Pattern, colour_masks, describe_pattern, is_bayer, is_monochrome, tile_pattern
from ..colour.white_balance import white_balance
from ..parameters import Demosaic
from .libraw import demosaic_libraw

Kernel = tuple[tuple[float, ...], ...]

# Malvar, He, Cutler: "High-quality linear interpolation for demosaicing of Bayer-patterned color images",
# ICASSP 2004, figure 2; each divided by 8.
GREEN_AT_COLOUR: Kernel = (
    (0, 0, -1, 0, 0),
    (0, 0, 2, 0, 0),
    (-1, 2, 4, 2, -1),
    (0, 0, 2, 0, 0),
    (0, 0, -1, 0, 0),
)
COLOUR_BESIDE_GREEN: Kernel = (
    (0, 0, 0.5, 0, 0),
    (0, -1, 0, -1, 0),
    (-1, 4, 5, 4, -1),
    (0, -1, 0, -1, 0),
    (0, 0, 0.5, 0, 0),
)
COLOUR_ABOVE_GREEN: Kernel = tuple(zip(*COLOUR_BESIDE_GREEN, strict=True))
COLOUR_AT_OPPOSITE: Kernel = (
    (0, 0, -1.5, 0, 0),
    (0, 2, 0, 2, 0),
    (-1.5, 0, 6, 0, -1.5),
    (0, 2, 0, 2, 0),
    (0, 0, -1.5, 0, 0),
)
DIVISOR = 8.0
REACH = 2


def demosaic_malvar2004(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Interpolate a Bayer mosaic with the 5x5 linear filters of Malvar, He and Cutler.

    Parameters
    ----------
    mosaic : (1, H, W) float32
        Linear samples, any range; H and W at least 2, odd sizes allowed. Best when white-balanced.
    cfa : 2x2 pattern
        Any of the four Bayer orders.

    Returns
    -------
    (3, H, W) float32
        R, G, B. Not clipped: the filters overshoot at edges. Samples that were measured are kept exactly.

    Raises
    ------
    ValueError
        If the pattern is not Bayer or the mosaic is smaller than 2x2.
    """
    if not is_bayer(cfa):
        raise ValueError(f"malvar2004 takes Bayer mosaics, this is a {describe_pattern(cfa)}")
    _check_size(mosaic, 2, 2)
    padded = _reflect(_reflect(mosaic, 1), 2)[None]
    result = mosaic.new_empty((3, *mosaic.shape[1:]))
    step = max(1, BAND // mosaic.shape[2])  # in bands: a convolution's working memory is many times its input
    for row in (0, 1):
        for column in (0, 1):
            own = mosaic[0, row::2, column::2]
            result[cfa[row][column], row::2, column::2] = own
            others = sorted({0, 1, 2} - {cfa[row][column]})
            kernels = mosaic.new_tensor([_kernel(cfa, row, column, colour) for colour in others]) / DIVISOR
            for top in range(0, own.shape[0], step):
                count = min(step, own.shape[0] - top)
                seen = padded[..., row + 2 * top : row + 2 * (top + count) + 2 * REACH - 1, column:]
                found = conv2d(seen, kernels[:, None], stride=2)[0]
                places = slice(row + 2 * top, row + 2 * (top + count), 2)
                result[others, places, column::2] = found[..., : own.shape[1]]
    return result


def superpixel(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Average each colour over one block of the mosaic: one pixel per block, no interpolation.

    A block is 2x2 on Bayer, 3x3 on X-Trans and 1x1 on monochrome (three equal channels). `mosaic` (1, H, W);
    returns (3, H // block, W // block); rows and columns that fill no block are dropped. `ValueError` if the
    mosaic is smaller than a block.
    """
    if is_monochrome(cfa):
        return mosaic.expand(3, -1, -1).clone()
    block = block_size(cfa)
    _check_size(mosaic, block, block)
    height, width = mosaic.shape[1:]
    masks = colour_masks(cfa, height, width, mosaic.device).to(mosaic.dtype)
    return avg_pool2d(mosaic * masks, block) / avg_pool2d(masks, block)


def block_size(cfa: Pattern) -> int:
    """Return the side of the smallest square block that holds all three colours wherever it falls."""
    size = len(cfa)
    for block in (side for side in range(1, size) if size % side == 0):
        starts = range(0, size, block)
        if all(
            {cfa[y + i][x + j] for i in range(block) for j in range(block)} == {0, 1, 2}
            for y in starts
            for x in starts
        ):
            return block
    return size


class DemosaicStage:
    """Demosaic the pixels and every one-channel layer alike; frames that have three colours pass."""

    def __init__(self, parameters: Demosaic) -> None:
        self.parameters = parameters

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame in CAMERA_RGB; `FrameError` if the mosaic does not suit the algorithm."""
        cfa = frame.camera.cfa
        if frame.space is not Space.CFA_LINEAR or cfa is None:
            return frame
        name, kernel = self._choose(frame, cfa)
        kernel = _balanced(kernel, cfa, white_balance(frame.camera)[0])
        try:
            pixels = kernel(frame.image())
            layers = {key: self._layer(layer, kernel, cfa) for key, layer in frame.layers.items()}
        except ValueError as error:
            raise FrameError(f"{frame.source}: {error}") from error
        frame = replace(frame, pixels=pixels, layers=layers, space=Space.CAMERA_RGB)
        return frame.note(f"demosaic: {describe_pattern(cfa)} by {name}")

    def _choose(self, frame: Frame, cfa: Pattern) -> tuple[str, Callable[[Tensor], Tensor]]:
        algorithm = self.parameters.algorithm
        if is_monochrome(cfa):
            return "copying the one channel", lambda mosaic: mosaic.expand(3, -1, -1).clone()
        if algorithm == "auto":
            algorithm = "malvar2004" if is_bayer(cfa) else "libraw"
        if algorithm == "malvar2004":
            if not is_bayer(cfa):
                raise FrameError(
                    f"{frame.source}: its mosaic is {describe_pattern(cfa)} and malvar2004 takes Bayer only; "
                    "use demosaic.algorithm: auto, libraw or superpixel"
                )
            return algorithm, lambda mosaic: demosaic_malvar2004(mosaic, cfa)
        if algorithm == "superpixel":
            return algorithm, lambda mosaic: superpixel(mosaic, cfa)
        return "LibRaw (16-bit steps)", lambda mosaic: demosaic_libraw(frame.source, mosaic)

    def _layer(self, layer: Tensor, kernel: Callable[[Tensor], Tensor], cfa: Pattern) -> Tensor:
        if layer.shape[0] == 1:
            return kernel(layer)
        if self.parameters.algorithm == "superpixel" and not is_monochrome(cfa):
            return avg_pool2d(layer, block_size(cfa))
        return layer


def _balanced(
    kernel: Callable[[Tensor], Tensor], cfa: Pattern, multipliers: Triple
) -> Callable[[Tensor], Tensor]:
    """Run a kernel on white-balanced samples and take the balance out again.

    Demosaicers expect that the colours of a neutral edge rise together.
    """

    def run(mosaic: Tensor) -> Tensor:
        cells = [[multipliers[colour] for colour in row] for row in cfa]
        gains = tile_pattern(cells, mosaic.shape[1], mosaic.shape[2], mosaic)
        # In place: both are large, and nobody else's.
        return kernel(gains[None].mul_(mosaic)).div_(mosaic.new_tensor(multipliers)[:, None, None])

    return run if not is_monochrome(cfa) else kernel


def _kernel(cfa: Pattern, row: int, column: int, colour: int) -> Kernel:
    """Filter that finds `colour` at the cell (row, column) of a Bayer pattern."""
    if colour == 1:
        return GREEN_AT_COLOUR
    if cfa[row][column] != 1:
        return COLOUR_AT_OPPOSITE
    return COLOUR_BESIDE_GREEN if cfa[row][1 - column] == colour else COLOUR_ABOVE_GREEN


def _reflect(mosaic: Tensor, dimension: int) -> Tensor:
    """Extend by two samples on each side, mirrored about the outermost sample: colours keep their places."""
    size = mosaic.shape[dimension]
    period = 2 * (size - 1)
    index = torch.arange(-REACH, size + REACH, device=mosaic.device) % period
    return mosaic.index_select(dimension, torch.minimum(index, period - index))


def _check_size(mosaic: Tensor, height: int, width: int) -> None:
    if mosaic.ndim != 3 or mosaic.shape[0] != 1:
        raise ValueError(f"expected a (1, H, W) mosaic, got {tuple(mosaic.shape)}")
    if mosaic.shape[1] < height or mosaic.shape[2] < width:
        size = f"{mosaic.shape[2]}x{mosaic.shape[1]}"
        raise ValueError(f"the mosaic is {size} pixels; the demosaicer needs at least {width}x{height}")
