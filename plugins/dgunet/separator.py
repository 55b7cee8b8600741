"""DGUNet as a separator: the unfolding of the base net for two layers, transmission and reflection.

No published network: the authors restore one layer. Here an estimate holds both; the degradation starts from their
sum (the picture that a pane of glass gives), its adjoint from a copy of the picture for each, and what neither
explains is learned.

References
----------
Mou, Wang, Zhang: "Deep Generalized Unfolding Networks for Image Restoration", CVPR 2022 (the net that is unfolded).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .blocks import DegNet, SupervisedAttention
from .network import COLOURS, DGUNet, Widths

SEPARATORS = {
    "separation": Widths(base=40, step=20, tail=16, layers=2, ridge=1e-4),
    "separation_small": Widths(base=16, step=8, tail=8, layers=2, hidden=16, rank=8, ridge=1e-4),
}
"""Sizes: that of the authors' deraining net, and one for a CPU, for small proxies: 0.59 M parameters.

The ridge lets plain pictures pass, whose features are the same everywhere. The small net projects onto as many
dimensions for each channel as the large one does, about half."""


class DGUNetSeparator(nn.Module):
    """Both layers of a picture; untrained it answers that all of it is transmission."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.net = DGUNet(widths)
        del self.net.basic.concat12  # stands in the authors' checkpoints only
        _start_from_nothing(self.net)

    def forward(self, picture: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Separate pictures.

        Parameters
        ----------
        picture : (N, 3, H, W) float32
            sRGB-encoded in [0, 1]; sides multiples of 8 and not both of them 8.

        Returns
        -------
        list of seven pairs of (N, 3, H, W) float32
            Transmission and reflection, the last stage first; not clamped.
        """
        start = torch.cat([picture, torch.zeros_like(picture)], 1)
        return [(both[:, :COLOURS], both[:, COLOURS:]) for both in self.net.unfold(start, picture)]


def _start_from_nothing(net: DGUNet) -> None:
    """Let every residual on a picture be zero, so that the first estimate stays what it is until it is trained."""
    last: list[nn.Module] = [net.tail]
    for module in net.modules():
        if isinstance(module, SupervisedAttention):
            last.append(module.conv2)
        elif isinstance(module, DegNet):
            last.append(module.body[2])
    for layer in last:
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)


def make_separator(variant: str) -> DGUNetSeparator:
    """Return the separator of a variant, untrained."""
    return DGUNetSeparator(SEPARATORS[variant])
