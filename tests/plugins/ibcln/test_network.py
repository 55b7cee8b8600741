"""The network answers as the authors' release does."""

from pathlib import Path

import pytest
import torch

from unveil.plugins.ibcln.network import Ibcln, make_network
from unveil.plugins.ibcln.plugin import unveil_networks
from unveil.plugins.separation.verify import verify

SMALL = Path(__file__).parents[2] / "data" / "reference" / "ibcln"


def test_keys_and_the_small_case_are_those_of_the_release() -> None:
    (spec,) = unveil_networks()
    checks = list(verify(spec, SMALL))
    assert [check.case for check in checks] == ["keys of G_T", "keys of G_R", "case_b"]
    assert [check for check in checks if check.failed()] == []


@pytest.mark.reference
def test_every_case_is_that_of_the_release(reference: Path) -> None:
    (spec,) = unveil_networks()
    checks = list(verify(spec, reference / "ibcln"))
    assert len(checks) >= 4
    assert [check for check in checks if check.failed()] == []


def test_swapped_generators_do_not_pass(tmp_path: Path) -> None:
    """The cases tell the two nets apart: a cascade with one in the place of the other is far off."""
    (spec,) = unveil_networks()
    text = (SMALL / "case_b.json").read_text("utf-8").replace("G_T:", "G_S:").replace("G_R:", "G_T:")
    (tmp_path / "case_b.json").write_text(text.replace("G_S:", "G_R:"), "utf-8")
    (tmp_path / "case_b.npz").write_bytes((SMALL / "case_b.npz").read_bytes())
    (check,) = verify(spec, tmp_path)
    assert check.error > 0.01


def test_the_answers_are_a_refinement_at_three_sizes_that_learns() -> None:
    network = Ibcln()
    (pair,) = network.cascade(torch.rand(2, 3, 8, 12), iterations=1)
    for answer in pair:
        assert answer.image.shape == (2, 3, 8, 12)
        assert answer.half.shape == (2, 3, 4, 6)
        assert answer.quarter.shape == (2, 3, 2, 3)
    images = [image for answer in pair for image in (answer.image, answer.half, answer.quarter)]
    torch.autograd.backward([image.sum() for image in images])
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_the_small_net_has_the_same_layers_with_fewer_channels() -> None:
    network = make_network("small")
    assert list(network.state_dict()) == list(make_network("").state_dict())
    assert sum(p.numel() for p in network.parameters()) == 1_361_650
    *_, (t, r) = network.cascade(torch.rand(1, 3, 8, 12), iterations=2)
    assert t.image.shape == r.image.shape == (1, 3, 8, 12)
    assert t.state.cell.shape == (1, 64, 2, 3)
