"""DURRNet's checkpoints come in as the authors and torchvision save them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from unveil.pipeline.errors import EnvironmentFailure, FrameError, RecipeError
from unveil.plugins.durrnet.hypercolumn import Vgg19
from unveil.plugins.durrnet.network import DurrNet
from unveil.plugins.durrnet.plugin import unveil_networks
from unveil.plugins.separation.store import import_weights


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


def save(path: Path, held: object) -> Path:
    torch.save(held, path)
    return path


def checkpoint(path: Path, network: DurrNet) -> Path:
    """What the authors' training script saves, optimiser and discriminator included."""
    optimiser = torch.optim.Adam(network.net.parameters(), lr=1e-4)
    held = {
        "icnn": network.net.state_dict(),
        "opt_g": optimiser.state_dict(),
        "epoch": 7,
        "iterations": 54124,
        "netD": nn.Conv2d(3, 64, 3).state_dict(),
    }
    return save(path, held)


def torchvision(path: Path, vgg: Vgg19) -> Path:
    """VGG19 as torchvision has it: more layers, and a classifier."""
    rest = {"features.30.weight": torch.zeros(1), "classifier.0.weight": torch.zeros(2, 2)}
    return save(path, {**vgg.state_dict(), **rest})


def test_plain_checkpoint_comes_in_whole(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    network = DurrNet(False)
    stored = load_file(import_weights(spec, "plain", [checkpoint(tmp_path / "a_latest.pt", network)]))
    assert list(stored) == sorted(network.state_dict())
    assert all(torch.equal(stored[key], tensor) for key, tensor in network.state_dict().items())


@pytest.mark.parametrize("swap", [False, True])
def test_hyper_takes_checkpoint_and_vgg_in_either_order(tmp_path: Path, swap: bool) -> None:
    (spec,) = unveil_networks()
    network = DurrNet(True)
    assert network.vgg is not None
    files = [
        checkpoint(tmp_path / "a.pt", network),
        torchvision(tmp_path / "vgg19-dcbb9e9d.pth", network.vgg),
    ]
    stored = load_file(import_weights(spec, "hyper", files[::-1] if swap else files))
    assert all(torch.equal(stored[key], tensor) for key, tensor in network.state_dict().items())


def test_hyper_without_vgg_says_which_file_is_missing(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    path = checkpoint(tmp_path / "a.pt", DurrNet(True))
    with pytest.raises(RecipeError) as error:
        import_weights(spec, "hyper", [path])
    assert str(error.value) == (
        f"{path}: durrnet hyper also needs torchvision's VGG19 (vgg19-dcbb9e9d.pth); name that file too"
    )


def test_two_files_of_the_same_kind_are_refused(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    paths = [checkpoint(tmp_path / name, DurrNet(False)) for name in ("a.pt", "b.pt")]
    with pytest.raises(RecipeError, match="and so does another of the files"):
        import_weights(spec, "plain", paths)


def test_checkpoint_of_the_other_variant_is_refused_with_the_first_misfit(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    path = checkpoint(tmp_path / "a.pt", DurrNet(True))
    with pytest.raises(EnvironmentFailure) as error:
        import_weights(spec, "plain", [path])
    assert str(error.value) == (
        f"{path}: 'net.FEzT.0.DCNet.0.weight' has the shape (64, 1475, 1, 1), the network takes (64, 3, 1, 1)"
    )


def test_discriminator_alone_is_refused(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    path = save(tmp_path / "d.pt", {"netD": nn.Conv2d(3, 64, 3).state_dict()})
    with pytest.raises(EnvironmentFailure, match="holds a discriminator, but no 'icnn'"):
        import_weights(spec, "plain", [path])


@pytest.mark.parametrize("size", [(15, 40), (40, 1)])
def test_picture_that_is_too_small_is_refused(size: tuple[int, int]) -> None:
    (spec,) = unveil_networks()
    with pytest.raises(FrameError) as error:
        spec.reference(DurrNet(False), {"input": torch.zeros(1, 3, *size)}, {})
    assert str(error.value) == f"durrnet takes sides of 16 pixels at least, found {size[1]} x {size[0]}"
