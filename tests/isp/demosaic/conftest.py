"""Mosaics of every kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

Cfa = tuple[tuple[int, ...], ...]
ORDERS = {
    "RGGB": ((0, 1), (1, 2)),
    "GRBG": ((1, 0), (2, 1)),
    "GBRG": ((1, 2), (0, 1)),
    "BGGR": ((2, 1), (1, 0)),
}
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
SIZES = ((2, 2), (2, 3), (3, 2), (5, 4), (4, 5), (7, 7), (2, 9), (25, 18))


@pytest.fixture(params=ORDERS)
def bayer(request: pytest.FixtureRequest) -> Cfa:
    """Each of the four Bayer orders in turn."""
    return ORDERS[request.param]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def flat(request: pytest.FixtureRequest) -> Tensor:
    """A (3, H, W) picture of one colour, of sizes that are hard."""
    return torch.tensor([0.2, 0.5, 0.8])[:, None, None].expand(3, *request.param)


@pytest.fixture
def xtrans() -> Cfa:
    """The pattern of X-Trans sensors."""
    return XTRANS


@pytest.fixture(scope="session")
def plane() -> Callable[[], Tensor]:
    """Return a maker of a (3, 40, 48) picture of slopes: what every interpolation with first moments gets right."""

    def make() -> Tensor:
        rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(48.0), indexing="ij")
        return torch.stack([0.1 + 0.01 * rows, 0.9 - 0.01 * columns, 0.3 + 0.01 * rows - 0.005 * columns])

    return make
