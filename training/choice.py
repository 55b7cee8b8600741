"""Leaving out samples of a batch."""

from __future__ import annotations

from dataclasses import fields

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
    parts = {field.name: getattr(batch, field.name) for field in fields(Batch)}
    return Batch(**{name: part if part is None else part[chosen] for name, part in parts.items()})
