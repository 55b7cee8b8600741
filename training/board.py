"""The training's figures and sheets for TensorBoard, where the extra `tensorboard` is installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"
MISSING = "no TensorBoard log: the extra is not installed (pip install 'unveil[tensorboard]'); log.csv has the figures"


def installed() -> bool:
    """Return whether event files can be written."""
    return find_spec("tensorboard") is not None


class Board:
    """An event file in `tensorboard/` below the training's folder; opened with the first figure.

    Parameters
    ----------
    output : Path
        The training's folder.
    step : int
        Where the training goes on; what earlier files have after it is not shown.
    """

    def __init__(self, output: Path, step: int) -> None:
        self.folder, self.step = output / FOLDER, step
        self._writer: SummaryWriter | None = None

    def figures(self, group: str, step: int, values: Mapping[str, float]) -> None:
        """Write numbers, as `group/name`."""
        for name, value in values.items():
            self._open().add_scalar(f"{group}/{name}", value, step)

    def sheet(self, step: int, path: Path) -> None:
        """Write a sheet of pictures, a PNG."""
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        self._open().add_image(path.stem.partition("_")[0], picture, step, dataformats="HWC")

    def close(self) -> None:
        """Bring everything to the disk."""
        if self._writer is not None:
            self._writer.close()

    def _open(self) -> SummaryWriter:
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self.folder), purge_step=self.step + 1 if self.step else None)
        return self._writer
