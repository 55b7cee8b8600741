"""The joined gates answer as four convolutions do."""

import pytest
import torch
from torch import Tensor, nn

from unveil.plugins.separation.convlstm import Gates, State, conv, upsample
from unveil.plugins.separation.inference import prepare
from unveil.plugins.separation.parameters import Inference


class Cell(nn.Module):
    """A cell as it is written in the papers, of 6 features and 4 hidden channels."""

    def __init__(self) -> None:
        super().__init__()
        self.i, self.f, self.o = (conv(10, 4, activation=nn.Sigmoid()) for _ in range(3))
        self.g = conv(10, 4, activation=nn.Tanh())

    def forward(self, features: Tensor, state: State) -> State:
        joined = torch.cat([features, state.hidden], 1)
        cell = self.f(joined) * state.cell + self.i(joined) * self.g(joined)
        return State(self.o(joined) * torch.tanh(cell), cell)


@pytest.fixture
def cell() -> Cell:
    cell = Cell()
    prepare(cell, "cpu", Inference())
    return cell


def test_joined_gates_equal_the_four_from_an_empty_memory_on(cell: Cell) -> None:
    gates, expected = (
        Gates(cell.i, cell.f, cell.g, cell.o),
        State(torch.zeros(2, 4, 5, 7), torch.zeros(2, 4, 5, 7)),
    )
    state = None
    for features in torch.randn(3, 2, 6, 5, 7, generator=torch.Generator().manual_seed(5)):
        expected = cell(features, expected)
        state = gates.step(features, state) if state else gates.start(features)
        torch.testing.assert_close(state.hidden, expected.hidden, atol=1e-6, rtol=0)
        torch.testing.assert_close(state.cell, expected.cell, atol=1e-6, rtol=0)


def test_gates_hold_the_weights_once(cell: Cell) -> None:
    gates = Gates(cell.i, cell.f, cell.g, cell.o)
    memory = gates.weight.untyped_storage().data_ptr()
    for gate in (cell.i, cell.f, cell.g, cell.o):
        assert isinstance(gate[0], nn.Conv2d)
        assert gate[0].weight.untyped_storage().data_ptr() == memory


def test_upsampling_keeps_a_plane_without_a_checkerboard() -> None:
    layers = upsample(1, 1)
    assert isinstance(layers[0], nn.ConvTranspose2d)
    assert layers[0].bias is not None
    nn.init.zeros_(layers[0].bias)
    with torch.no_grad():
        up = layers(torch.ones(1, 1, 6, 8))
    assert up.shape == (1, 1, 12, 16)
    inside = up[..., 3:-3, 3:-3]
    torch.testing.assert_close(inside, inside[..., :1, :1].expand_as(inside), atol=1e-6, rtol=0)
