"""Side layers of a mosaic: interpolated so that they add up as they did in the mosaic.

The picture may be interpolated in ways that are not linear: display values, LibRaw's decisions. A layer is interpolated
linearly, and gets the picture's correction - by how much its own way differs from the linear one - to the share in
which the layer has the picture's edges. The share is linear in the layer, and 1 for the picture itself. So the sum of
layers is the layer of the sum, at every pixel; what equals the picture comes out as the picture; and a soft
reflection, which has none of its edges, comes out as it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from torch import Tensor


def interpolate_layers(
    layers: Mapping[str, Tensor],
    linear: Callable[[Tensor], Tensor],
    mosaic: Tensor,
    picture: Tensor,
    period: int,
) -> dict[str, Tensor]:
    """Interpolate layers beside a picture.

    Parameters
    ----------
    layers : name to (1, H, W)
        In the units of the mosaic.
    linear : (1, H, W) to (3, H, W)
        A linear interpolation; gives a tensor that nobody else has.
    mosaic, picture : (1, H, W) and (3, H, W)
        The picture before and after it was interpolated.
    period : int
        Of the pattern, samples: so far away is one of the same colour.

    Returns
    -------
    name to (3, H, W)
    """
    if not layers:
        return {}
    correction = linear(mosaic).neg_().add_(picture)
    return {
        name: linear(layer).add_(correction, alpha=share_of_edges(layer, mosaic, period))
        for name, layer in layers.items()
    }


def share_of_edges(layer: Tensor, mosaic: Tensor, period: int) -> float:
    """Return how much of a mosaic's edges a layer has, by least squares: 0 none, 1 all, -1 their negative.

    Both (1, H, W). 0 where the mosaic has no edges, or one of them a sample that is not finite.
    """
    common = own = 0.0
    for way in (1, 2):
        length = mosaic.shape[way] - period
        if length <= 0:
            continue
        edges, found = (x.narrow(way, period, length) - x.narrow(way, 0, length) for x in (mosaic, layer))
        common += float((edges * found).double().sum())
        own += float(edges.square_().double().sum())
    share = common / own if own else 0.0
    return share if math.isfinite(share) else 0.0
