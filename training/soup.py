"""The mean of trained weights: `python -m unveil.training.soup FIRST SECOND [MORE...] -o MEAN`.

Weights of one training, and of another that went on from it, may be averaged; the mean is often better than each, and
costs nothing where it is used. Weights that were not trained from a common start have no use of it. A checkpoint of a
training, `checkpoint_000400.pt`, counts as the weights that were written then.

References
----------
Wortsman et al.: "Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing
inference time", ICML 2022.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..pipeline.errors import RecipeError, UnveilError
from .card import save_weights
from .checkpoint import read_average


def soup(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of state dicts; what is not a floating-point number is the first's.

    `RecipeError` where they do not have the same names and shapes.
    """
    first = states[0]
    for other in states[1:]:
        if {k: v.shape for k, v in other.items()} != {k: v.shape for k, v in first.items()}:
            raise RecipeError(
                "the weights are of different networks: names or shapes of their tensors differ"
            )
    return {name: _mean([state[name] for state in states]) for name in first}


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    if not tensors[0].is_floating_point():
        return tensors[0]
    return torch.stack([tensor.float() for tensor in tensors]).mean(0).to(tensors[0].dtype)


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".pt":
        return read_average(path)
    try:
        state: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise RecipeError(f"{path}: cannot be read as safetensors ({error})") from None
    return state


def main(arguments: Sequence[str]) -> int:
    """Write the mean; 2 where a file cannot be read or does not fit the others."""
    parser = argparse.ArgumentParser("python -m unveil.training.soup", description="Average trained weights.")
    parser.add_argument("weights", nargs="+", type=Path, help="of one network: safetensors, or checkpoints")
    parser.add_argument("-o", "--output", required=True, type=Path, help="file that is written")
    asked = parser.parse_args(arguments)
    try:
        save_weights(soup([_read(path) for path in asked.weights]), asked.output)
    except UnveilError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
