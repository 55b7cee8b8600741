"""What a method says of its work is what it does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch.utils.flop_counter import FlopCounterMode

from unveil.pipeline.method import Domain
from unveil.pipeline.registry import build_registry
from unveil.plugins.separation import inference
from unveil.plugins.separation.store import import_weights

REGISTRY = build_registry()
SIDE = 128


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty store; the counter sees no call of oneDNN, so there is none."""
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    monkeypatch.setattr(inference, "fusing", lambda: False)


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("name", sorted(REGISTRY.methods))
def test_the_declared_cost_is_within_5_percent_of_what_is_counted(name: str, tmp_path: Path) -> None:
    """Counted with the small variant's weights alone, which is what a method takes where none are imported."""
    method, network = REGISTRY.method(name), REGISTRY.networks.get(name)
    if network is not None:
        variant = next(variant for variant in network.own if "small" in variant)
        state = network.network(variant).state_dict()
        save_file({key: tensor.clone() for key, tensor in state.items()}, tmp_path / "small.safetensors")
        import_weights(network, variant, [tmp_path / "small.safetensors"])
    look = method.build(method.parameters(), "cpu")
    proxy = torch.rand(1, 4 if method.domain is Domain.RAW_DISPLAY else 3, SIDE, SIDE)
    with FlopCounterMode(display=False) as counter:
        look(proxy)
    counted = counter.get_total_flops() / 2 / 1e9 / (SIDE * SIDE / 1e6)
    assert method.cost == pytest.approx(counted, rel=0.05)
