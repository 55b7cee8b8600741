"""Choosing and joining the samples of batches."""

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
    return replace(batch, **{name: part[chosen] for name, part in _parts(batch).items()})


def overwrite(batch: Batch, other: Batch) -> Batch:
    """Return the batch with its first samples replaced by another's, which has no more of them.

    Both have the same planes; a weight of the transmission that the other lacks is 1.
    """
    n = len(other.blended)
    found = _parts(other)
    if batch.alpha is not None:
        found.setdefault("alpha", torch.ones_like(batch.alpha[:n]))
    joined = {name: torch.cat([found[name], part[n:]]) for name, part in _parts(batch).items()}
    return replace(batch, **joined)


def _parts(batch: Batch) -> dict[str, Any]:
    found = {name: getattr(batch, name) for name in Batch.__slots__}
    return {name: part for name, part in found.items() if part is not None}
