"""CR3Net's checkpoint comes in as the authors save it."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from unveil.pipeline.errors import EnvironmentFailure, FrameError, RecipeError
from unveil.plugins.cr3net.network import Cr3Net
from unveil.plugins.cr3net.plugin import unveil_networks
from unveil.plugins.separation.store import find_weights, import_weights
from unveil.plugins.separation.weights import load_into


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


def test_checkpoint_comes_in_whole_and_fills_a_network(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    trained, network = Cr3Net(), Cr3Net()
    torch.save(trained.state_dict(), tmp_path / "final_net_G_T.pth")
    path = import_weights(spec, "", [tmp_path / "final_net_G_T.pth"])
    assert len(load_file(path)) == 485
    load_into(network, path)
    state = network.state_dict()
    assert all(torch.equal(state[key], tensor) for key, tensor in trained.state_dict().items())


def test_missing_weights_end_in_one_sentence(store: Path) -> None:
    with pytest.raises(EnvironmentFailure) as error:
        find_weights("cr3net")
    assert str(error.value) == (
        f"no weights of 'cr3net' are in {store}; get the authors' files and run "
        "`unveil weights import cr3net FILE...`"
    )


def test_discriminator_is_refused(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    path = tmp_path / "final_net_D.pth"
    torch.save({f"model.0.{key}": t for key, t in nn.Conv2d(3, 64, 4).state_dict().items()}, path)
    with pytest.raises(EnvironmentFailure, match=r"lack 'shallow_feat1_r\.0\.weight' but hold 'model\.0"):
        import_weights(spec, "", [path])


def test_second_file_is_refused(tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    paths = [tmp_path / "final_net_G_T.pth", tmp_path / "final_net_D.pth"]
    for path in paths:
        torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(RecipeError, match=r"cr3net takes one file, \*_net_G_T\.pth"):
        import_weights(spec, "", paths)


@pytest.mark.parametrize(
    ("display", "raw", "sentence"),
    [
        ((12, 16), (6, 8), "cr3net takes sides that are multiples of 8, found 16 x 12"),
        ((0, 8), (0, 4), "cr3net takes sides that are multiples of 8, found 8 x 0"),
        ((16, 24), (16, 24), "cr3net takes a mosaic packed to 12 x 8 for this picture, found 24 x 16"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(
    display: tuple[int, int], raw: tuple[int, int], sentence: str
) -> None:
    (spec,) = unveil_networks()
    inputs = {"I": torch.zeros(1, 3, *display), "I_raw": torch.zeros(1, 4, *raw)}
    with pytest.raises(FrameError) as error:
        spec.reference(Cr3Net(), inputs, {})
    assert str(error.value) == sentence
