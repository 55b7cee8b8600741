"""Leaving out samples of a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .batch import Batch


def keep(batch: Batch, usable: Tensor) -> Batch:
    """Return the batch with each sample that is not usable replaced by another that is, in turn.

    `usable` is (N,) bool. Where none is, the batch stays as it is.
    """
    if bool(usable.all()) or not bool(usable.any()):
        return batch
    good = usable.nonzero()[:, 0]
    places = torch.arange(len(usable), device=usable.device)
    chosen = torch.where(usable, places, good[places % len(good)])
    found: dict[str, Any] = {name: getattr(batch, name) for name in Batch.__slots__}
    return replace(batch, **{name: part[chosen] for name, part in found.items() if part is not None})
