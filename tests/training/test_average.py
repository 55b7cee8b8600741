"""The moving average: its first steps count much, later ones as the decay says."""

import pytest
import torch
from torch import nn

from unveil.training.average import averaged


class Counter(nn.Module):
    """A weight, a buffer and a count."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.register_buffer("seen", torch.zeros(2))
        self.register_buffer("count", torch.tensor(0))

    def become(self, value: float) -> None:
        with torch.no_grad():
            for tensor in (self.weight, self.get_buffer("seen"), self.get_buffer("count")):
                tensor.fill_(value)


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        (0.999, 1 + (1 - 2 / 11) * 1 + (1 - 3 / 12) * (2 - (1 - 2 / 11))),
        (0.1, 1 + 0.9 * 1 + 0.9 * (2 - 0.9)),
    ],
)
def test_decay_rises_to_what_was_asked_for(decay: float, expected: float) -> None:
    network = Counter()
    average = averaged(network, decay)
    for value in (1.0, 2.0, 3.0):
        network.become(value)
        average.update_parameters(network)
    state = average.module.state_dict()
    assert state["weight"].tolist() == pytest.approx([expected] * 2)
    assert state["seen"].tolist() == pytest.approx([expected] * 2)
    assert int(state["count"]) == 3
