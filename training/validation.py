"""Validation during a training: held-out mixtures and real pairs, in figures and as a sheet of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..isp.metrics import best_exposure, psnr
from .aligned import aligned
from .displayed import displayed
from .pairs import Pair, list_pairs
from .photographs import Photographs, read_display
from .sheet import Row, write_sheet
from .synth.linear import mix
from .synth.ranges import Ranges
from .trainee import Trainee, facts

if TYPE_CHECKING:
    from .config import TrainConfig

REFLECTING = Ranges(clean=0)
"""Held-out mixtures all have a reflection, whatever is trained on, so that the figures of trainings compare."""
SEED = 2
"""Of the held-out mixtures, whatever the training's own, for the same reason."""
SHOWN = 4
"""Mixtures on a sheet, and pairs of each folder."""
CHUNK = 8


class Validation:
    """Fixed linear mixtures of photographs that are never trained on, and real pairs at a small size."""

    def __init__(self, held_out: Sequence[Path], config: TrainConfig, device: torch.device) -> None:
        self.device = device
        self.multiple = facts(config.method).multiple
        generator = Generator().manual_seed(SEED)
        photographs = Photographs(held_out, config.size)
        crops = [photographs.crops(config.mixtures, generator) for _ in range(2)]
        self.mixtures = displayed(mix(crops[0], crops[1], generator, REFLECTING))
        self.pairs_size = config.pairs_size
        self.pairs = [aligned(folder, list_pairs(folder)) for folder in config.pairs]

    def measure(self, trainee: Trainee, network: nn.Module, sheet: Path) -> dict[str, float]:
        """Write the sheet; return mean PSNR on the mixtures, its gain over the input, and gains on real pairs, dB.

        `pairs` is the mean gain over all aligned pairs, `pairs_exposed` the same after the best exposure factor of
        both, `pairs_worst` the gain of the pair that gained least.
        """
        network.eval()
        with torch.no_grad():
            figures, rows = self._mixtures(trainee, network)
            if self.pairs:
                more, shown = self._pairs(trainee, network)
                figures, rows = figures | more, rows + shown
        write_sheet(rows, sheet)
        return figures

    def look(self, trainee: Trainee, network: nn.Module, sheet: Path) -> None:
        """Write a sheet of a few mixtures and of the first pair of each folder, without measuring."""
        network.eval()
        shown = list(zip(self.mixtures.blended[:SHOWN], self.mixtures.transmission[:SHOWN], strict=True))
        shown += [_read(folder[0], self.pairs_size) for folder in self.pairs]
        with torch.no_grad():
            rows = [(b, self._remove(trainee, network, b[None])[0], t) for b, t in shown]
        write_sheet(rows, sheet)

    def _mixtures(self, trainee: Trainee, network: nn.Module) -> tuple[dict[str, float], list[Row]]:
        blended, truth = self.mixtures.blended, self.mixtures.transmission
        made = torch.cat([self._remove(trainee, network, part) for part in torch.split(blended, CHUNK)])
        before, after = (_mean_psnr(pictures, truth) for pictures in (blended, made))
        rows = list(zip(blended[:SHOWN], made[:SHOWN], truth[:SHOWN], strict=True))
        return {"psnr": after, "gain": after - before}, rows

    def _pairs(self, trainee: Trainee, network: nn.Module) -> tuple[dict[str, float], list[Row]]:
        gains, rows = [], []
        for folder in self.pairs:
            for n, pair in enumerate(folder):
                blended, truth = _read(pair, self.pairs_size)
                made = self._remove(trainee, network, blended[None])[0]
                gains.append(_gains(blended, made, truth))
                if n < SHOWN:
                    rows.append((blended, made, truth))
        plain, exposed = torch.tensor(gains).mean(0).tolist()
        worst = min(gain for gain, _ in gains)
        return {"pairs": plain, "pairs_exposed": exposed, "pairs_worst": worst}, rows

    def _remove(self, trainee: Trainee, network: nn.Module, display: Tensor) -> Tensor:
        """Remove at the pictures' own size, padded by their border to the method's multiple."""
        height, width = display.shape[-2:]
        padding = (0, -width % self.multiple, 0, -height % self.multiple)
        padded = F.pad(display, padding, mode="replicate").to(self.device)
        return trainee.remove(network, padded)[..., :height, :width].float().clamp(0, 1).cpu()


def _mean_psnr(pictures: Tensor, truths: Tensor) -> float:
    return sum(psnr(p, t) for p, t in zip(pictures, truths, strict=True)) / len(truths)


def _gains(blended: Tensor, made: Tensor, truth: Tensor) -> tuple[float, float]:
    plain = psnr(made, truth) - psnr(blended, truth)
    exposed = psnr(best_exposure(made, truth), truth) - psnr(best_exposure(blended, truth), truth)
    return plain, exposed


def _read(pair: Pair, long_side: int) -> tuple[Tensor, Tensor]:
    blended, truth = (_small(path, long_side) for path in (pair.blended, pair.transmission))
    return blended, truth


def _small(path: Path, long_side: int) -> Tensor:
    picture = read_display(path).permute(1, 2, 0).numpy()
    scale = long_side / max(picture.shape[:2])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float() / 255
