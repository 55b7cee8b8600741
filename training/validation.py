"""Validation during a training: held-out mixtures and real pairs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Generator, Tensor, nn

from ..isp.metrics import best_exposure, psnr
from ..isp.tone import decode_curve, encode_curve
from ..plugins.separation.separate import find_reflection
from ..plugins.unveilnet.method import UnveilNetMethod
from ..plugins.unveilnet.network import UnveilNet, split
from ..plugins.unveilnet.plugin import unveil_methods
from .config import TrainConfig
from .pairs import Pair, list_pairs
from .photographs import Photographs, read_display
from .synth.linear import Mixture, Ranges, mix

HELD_OUT_MIXTURES = 64
REFLECTING = Ranges(clean=0)
"""Held-out mixtures all have a reflection, whatever is trained on, so that the figures of trainings compare."""


class Validation:
    """Fixed mixtures of photographs that are never trained on, and real pairs at a small size."""

    def __init__(self, held_out: Sequence[Path], config: TrainConfig, device: torch.device) -> None:
        self.device = device
        generator = Generator().manual_seed(config.seed + 1)
        photographs = Photographs(held_out, config.size)
        n = HELD_OUT_MIXTURES
        self.mixture = mix(
            photographs.crops(n, generator), photographs.crops(n, generator), generator, REFLECTING
        )
        self.pairs = [pair for folder in config.pairs for pair in list_pairs(folder)]

    def measure(self, network: nn.Module) -> dict[str, float]:
        """Return mean PSNR on the mixtures, its gain over the input, and the gains on real pairs, dB."""
        assert isinstance(network, UnveilNet)
        network.eval()
        with torch.no_grad():
            display = encode_curve(self.mixture.blended, "srgb")
            encoded = torch.cat([network(part.to(self.device)).cpu() for part in torch.split(display, 8)])
        before, after = _mixture_psnr(encoded, self.mixture)
        figures = {"psnr": after, "gain": after - before}
        if self.pairs:
            gains = torch.tensor([self._pair_gains(pair, network) for pair in self.pairs]).mean(0)
            figures |= {"pairs": float(gains[0]), "pairs_exposed": float(gains[1])}
        return figures

    def _pair_gains(self, pair: Pair, network: UnveilNet) -> tuple[float, float]:
        """Gain in PSNR over the input, and the same after the best exposure factor of both."""
        blended, truth = (_small(path) for path in (pair.blended, pair.transmission))
        result = remove_display(network, blended, str(self.device))
        plain = psnr(result, truth) - psnr(blended, truth)
        return plain, psnr(best_exposure(result, truth, 21), truth) - psnr(
            best_exposure(blended, truth, 21), truth
        )


def remove_display(network: UnveilNet, display: Tensor, device: str) -> Tensor:
    """Take the reflection out of a display-encoded picture at its own size."""
    (spec,) = unveil_methods()
    linear = decode_curve(display, "srgb")
    found = find_reflection(UnveilNetMethod(network, device), spec, linear)
    return encode_curve(linear - found, "srgb").clamp(0, 1)


def _small(path: Path, long_side: int = 384) -> Tensor:
    picture = read_display(path).permute(1, 2, 0).numpy()
    scale = long_side / max(picture.shape[:2])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float() / 255


def _mixture_psnr(encoded: Tensor, mixture: Mixture) -> tuple[float, float]:
    transmission, _ = split(mixture.blended, encoded)
    truth = encode_curve(mixture.transmission, "srgb")
    pictures = encode_curve(mixture.blended, "srgb"), encode_curve(transmission, "srgb")
    before, after = (
        sum(psnr(p, t) for p, t in zip(picture, truth, strict=True)) / len(truth) for picture in pictures
    )
    return before, after
