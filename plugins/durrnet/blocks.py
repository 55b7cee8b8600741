"""The parts of DURRNet: learned proximal maps, the Haar transform, the invertible net and the unfolding block.

References
----------
Huang, Liu, Xia, Wang, Dragotti: "DURRNet: Deep Unfolded Single Image Reflection Removal Network with Joint
Prior", ICASSP 2024.
Sweldens: "The Lifting Scheme", SIAM J. Math. Anal. 1998 (a lifting step can be undone whatever its nets are).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CODES = 64
"""Channels of a layer's sparse code, and of every hidden layer, as published."""
IMAGE = 3
DETAIL = 9
"""Detail bands of a Haar-transformed picture: three for each colour."""
_DICTIONARY = 5
_SOFTPLUS = 20.0
_SLOPE = 0.01


def conv3(inputs: int, outputs: int, bias: bool = True) -> nn.Conv2d:
    """Return a 3 x 3 convolution that keeps the size."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)


class ResBlock(nn.Module):
    """`lrelu(x + conv2(lrelu(conv1(x))))`."""

    def __init__(self, codes: int = CODES) -> None:
        super().__init__()
        self.conv1 = conv3(codes, codes)
        self.conv2 = conv3(codes, codes)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(F.leaky_relu(self.conv1(x), _SLOPE, inplace=True))
        return F.leaky_relu(x + y, _SLOPE, inplace=True)


class PUNet(nn.Module):
    """The small net of a lifting step or a correction; adds nothing until it is trained."""

    def __init__(self, inputs: int, outputs: int, codes: int = CODES) -> None:
        super().__init__()
        self.net = nn.Sequential(conv3(inputs, codes, bias=False), nn.ReLU(True), ResBlock(codes))
        self.convOut = conv3(codes, outputs, bias=False)
        nn.init.zeros_(self.convOut.weight)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.convOut(self.net(x))
        return y


class CodeProx(nn.Module):
    """Proximal map of a code: a residual net."""

    def __init__(self, codes: int = CODES) -> None:
        super().__init__()
        self.PNet = nn.Sequential(conv3(codes, codes), nn.ReLU(True), ResBlock(codes), conv3(codes, codes))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.PNet(x)
        return y


class LiftingStep(nn.Module):
    """One invertible step on the pair (low, detail)."""

    def __init__(self, codes: int = CODES) -> None:
        super().__init__()
        self.predictor = PUNet(IMAGE, DETAIL, codes)
        self.updator = PUNet(DETAIL, IMAGE, codes)

    def forward(self, low: Tensor, detail: Tensor) -> tuple[Tensor, Tensor]:
        detail = detail - self.predictor(low)
        return low + self.updator(detail), detail

    def inverse(self, low: Tensor, detail: Tensor) -> tuple[Tensor, Tensor]:
        low = low - self.updator(detail)
        return low, detail + self.predictor(low)


class InvNet(nn.Module):
    """Two lifting steps; `inverse` undoes `forward` up to rounding."""

    def __init__(self, codes: int = CODES) -> None:
        super().__init__()
        self.net = nn.ModuleList((LiftingStep(codes), LiftingStep(codes)))

    def forward(self, low: Tensor, detail: Tensor) -> tuple[Tensor, Tensor]:
        for step in self.net:
            low, detail = step(low, detail)
        return low, detail

    def inverse(self, low: Tensor, detail: Tensor) -> tuple[Tensor, Tensor]:
        for step in reversed(self.net):
            assert isinstance(step, LiftingStep)
            low, detail = step.inverse(low, detail)
        return low, detail


def haar(x: Tensor) -> tuple[Tensor, Tensor]:
    """Split (N, 3, H, W) into low (N, 3, H // 2, W // 2) and detail (N, 9, H // 2, W // 2) bands.

    The details stand channel by channel: top less bottom, left less right, diagonal. An odd last row or column is
    dropped.
    """
    height, width = x.shape[-2] // 2 * 2, x.shape[-1] // 2 * 2
    cells = F.pixel_unshuffle(x[..., :height, :width], 2) / 4
    a, b, c, d = (cells[:, place::4] for place in range(4))
    low, top = a + b + c + d, a + b - c - d
    left, diagonal = a - b + c - d, a - b - c + d
    return low, torch.stack((top, left, diagonal), 2).flatten(1, 2)


def inverse_haar(low: Tensor, detail: Tensor) -> Tensor:
    """Undo `haar`."""
    top, left, diagonal = (detail[:, band::3] for band in range(3))
    a, b = low + top + left + diagonal, low + top - left - diagonal
    c, d = low - top + left - diagonal, low - top - left + diagonal
    return F.pixel_shuffle(torch.stack((a, b, c, d), 2).flatten(1, 2), 2)


class ExclProx(nn.Module):
    """Exclusion prior: correct a layer's transformed Haar bands by looking at the other layer's.

    The other layer is first scaled to the same Frobenius norm, taken over the whole picture; the answer is not a number
    where the other layer is all zero. The release takes the norm over the batch, and runs one picture at a time: here a
    batch gives what each of its pictures gives alone.
    """

    def __init__(self, codes: int = CODES) -> None:
        super().__init__()
        self.invNet = nn.ModuleList((InvNet(codes),))
        self.threNet = nn.ModuleList((PUNet(2 * DETAIL, DETAIL, codes), PUNet(2 * IMAGE, IMAGE, codes)))

    def forward(self, layer: Tensor, other: Tensor) -> Tensor:
        other = (_norm(layer) / _norm(other)) * other
        net = self.invNet[0]
        assert isinstance(net, InvNet)
        low, detail = net(*haar(torch.cat((layer, other))))  # one pass for both: the weights are the same
        own, others = detail.chunk(2)
        detail = own + self.threNet[0](torch.cat((own, others), 1))
        own, others = low.chunk(2)
        low = own + self.threNet[1](torch.cat((own, others), 1))
        result = inverse_haar(*net.inverse(low, detail))
        size = layer.shape[-2:]
        if result.shape[-2:] == size:
            return result
        return F.interpolate(result, size=size, mode="bilinear", align_corners=False)


class Unfolding(nn.Module):
    """One unfolded iteration: a gradient step and a proximal map for both codes and both layers.

    Suffix f is the transmission (in front of the reflection's b, as in the paper's code names).
    """

    def __init__(self, codes: int = CODES) -> None:
        super().__init__()
        self.tauf = nn.Parameter(torch.ones(1))
        self.taub = nn.Parameter(torch.ones(1))
        self.etaf = nn.Parameter(torch.full((1,), 0.5))
        self.etab = nn.Parameter(torch.full((1,), 0.5))
        self.convDTf = _analysis(codes)
        self.convDf = _synthesis(codes)
        self.convDTb = _analysis(codes)
        self.convDb = _synthesis(codes)
        self.PNetf = CodeProx(codes)
        self.PNetb = CodeProx(codes)
        self.ExclNetf = ExclProx(codes)
        self.ExclNetb = ExclProx(codes)

    def forward(
        self, image: Tensor, front: Tensor, back: Tensor, code_f: Tensor, code_b: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return new transmission, reflection (N, 3, H, W) and their codes (N, C, H, W)."""
        code_f = self.PNetf(code_f + self.convDTf(front - self.convDf(code_f)))
        code_b = self.PNetb(code_b + self.convDTb(back - self.convDb(code_b)))
        step = (image - front - back) - _positive(self.taub) * (back - self.convDb(code_b))
        back = self.ExclNetb(back + _positive(self.etab) * step, front)
        step = (image - front - back) - _positive(self.tauf) * (front - self.convDf(code_f))
        front = self.ExclNetf(front + _positive(self.etaf) * step, back)
        return front, back, code_f, code_b


def _norm(layer: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(layer, dim=(1, 2, 3), keepdim=True)
    return norm


def _positive(scalar: Tensor) -> Tensor:
    return F.softplus(scalar, beta=_SOFTPLUS)


def _analysis(codes: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(IMAGE, codes, _DICTIONARY, padding=_DICTIONARY // 2, bias=False)


def _synthesis(codes: int) -> nn.Conv2d:
    return nn.Conv2d(codes, IMAGE, _DICTIONARY, padding=_DICTIONARY // 2, bias=False)
