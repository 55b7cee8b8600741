"""The authors' files come in as they wrote them; their test path takes any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.plugins.dgunet.network import make_network
from unveil.plugins.dgunet.plugin import unveil_networks
from unveil.plugins.dgunet.published import pad, restore
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.store import find_weights, import_weights
from unveil.plugins.separation.weights import load_into, verify_weights

(SPEC,) = unveil_networks()


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, torch.Tensor]:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    network = make_network("deraining")
    fill(network, gain=0.6)
    return network.state_dict()


@pytest.mark.parametrize("prefix", ["", "module."])
def test_checkpoints_come_in_with_and_without_the_prefix_of_many_gpus(
    tmp_path: Path, state: dict[str, torch.Tensor], prefix: str
) -> None:
    file = tmp_path / "DGUNet.pth"
    held = {prefix + key: tensor for key, tensor in state.items()}
    torch.save(
        {"epoch": 3, "state_dict": held, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}}, file
    )
    path = import_weights(SPEC, "deraining", [file])
    assert find_weights("dgunet", "deraining") == path
    assert all(torch.equal(tensor, state[key]) for key, tensor in load_file(path).items())
    assert [file.problem for file in verify_weights((), [SPEC])] == [""]
    load_into(make_network("deraining"), path)


def test_weights_of_another_variant_are_refused(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    file = tmp_path / "DGUNet.pth"
    torch.save({"state_dict": state}, file)
    with pytest.raises(EnvironmentFailure, match=r"has the shape \(\d.*, the network takes"):
        import_weights(SPEC, "deblurring", [file])
    with pytest.raises(EnvironmentFailure, match=r"lack 'r1' but hold 'basic\.r1'"):
        import_weights(SPEC, "deraining_plus", [file])


@pytest.mark.parametrize("held", [{"state_dict": {"r0": [1.0]}}, {"r0": 1.0}])
def test_what_is_no_tensor_is_named(tmp_path: Path, state: Any, held: dict[str, Any]) -> None:
    file = tmp_path / "DGUNet.pth"
    torch.save(held, file)
    with pytest.raises(EnvironmentFailure, match=r"'r0' is a .*, not a tensor"):
        import_weights(SPEC, "deraining", [file])


def test_two_files_are_refused(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    files = [tmp_path / "a.pth", tmp_path / "b.pth"]
    for file in files:
        torch.save(state, file)
    with pytest.raises(RecipeError, match="takes 1 file, got 2"):
        import_weights(SPEC, "deraining", files)


@pytest.mark.parametrize(
    ("size", "padded"),
    [((45, 59), (48, 64)), ((8, 16), (8, 16)), ((1, 1), (8, 16)), ((8, 8), (8, 16)), ((3, 100), (8, 104))],
)
@torch.inference_mode()
def test_any_size_comes_back_in_its_size(size: tuple[int, int], padded: tuple[int, int]) -> None:
    network = make_network("deraining").eval()
    fill(network, gain=0.6)
    picture = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    seen, _, result = restore(network, picture)
    assert tuple(seen.shape[-2:]) == padded == tuple(pad(picture).shape[-2:])
    assert tuple(result.shape[-2:]) == size
    assert bool(torch.isfinite(result).all())
