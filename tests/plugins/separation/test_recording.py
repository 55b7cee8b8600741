"""What a layer gives is collected, and only as long as is asked."""

import torch
from torch import nn

from unveil.plugins.separation.recording import recorded


def test_outputs_are_kept_as_they_were_before_the_next_layer_changed_them() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU(inplace=True))
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(6))
    with torch.no_grad(), recorded(network[0]) as given:
        network(x)
        network(2 * x)
    with torch.no_grad():
        network(x)
        assert len(given) == 2
        torch.testing.assert_close(given[0], network[0](x))
    assert float(given[0].min()) < 0
