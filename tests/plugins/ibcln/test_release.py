"""The authors' two files become one state dict, and the wrong files are named."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.plugins.ibcln.network import Ibcln
from unveil.plugins.ibcln.plugin import IbclnParameters, unveil_methods, unveil_networks
from unveil.plugins.ibcln.release import convert, reference
from unveil.plugins.separation.store import import_weights

T, R = Path("final_net_G_T.pth"), Path("final_net_G_R.pth")


@pytest.fixture
def network() -> Ibcln:
    torch.manual_seed(8)
    return Ibcln().eval()


@pytest.fixture
def files(tmp_path: Path, network: Ibcln) -> list[Path]:
    """The files of the release, as its training saves them."""
    for path, net in ((tmp_path / T, network.G_T), (tmp_path / R, network.G_R)):
        torch.save(net.state_dict(), path)
    return [tmp_path / T, tmp_path / R]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.mark.parametrize("order", [1, -1])
def test_imported_pair_answers_as_the_network_it_came_from(
    files: list[Path], network: Ibcln, order: int
) -> None:
    (networks,), (methods,) = unveil_networks(), unveil_methods()
    import_weights(networks, "", files[::order])
    picture = torch.rand(1, 3, 16, 20)
    with torch.no_grad():
        (expected,) = list(network.cascade(picture, 1))
    layers = methods.build(IbclnParameters(iterations=1), "cpu")(picture)
    torch.testing.assert_close(layers.transmission, expected[0].image.clamp(0, 1), atol=1e-5, rtol=0)


def test_missing_weights_say_how_to_get_them(store: Path) -> None:
    (spec,) = unveil_methods()
    with pytest.raises(EnvironmentFailure) as error:
        spec.build(IbclnParameters(variant="full"), "cpu")
    assert str(error.value) == (
        f"no weights of 'ibcln' are in {store}; "
        "get the authors' files and run `unveil weights import ibcln FILE...`"
    )


def test_file_of_neither_generator_is_named() -> None:
    state: dict[str, Tensor] = {}
    with pytest.raises(RecipeError, match=r"^final_net_D\.pth: the file's name does not say whether"):
        convert({T: state, Path("final_net_D.pth"): state})


def test_two_files_of_one_generator_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"one of G_R, got final_net_G_T\.pth, 70_net_G_T\.pth$"):
        convert({T: {}, Path("70_net_G_T.pth"): {}})


def test_first_key_that_is_missing_is_named_with_its_generator(files: list[Path], network: Ibcln) -> None:
    (spec,) = unveil_networks()
    state = network.G_R.state_dict()
    del state["conv_f.0.bias"]
    torch.save(state, files[1])
    with pytest.raises(EnvironmentFailure, match=r"the weights lack 'G_R\.conv_f\.0\.bias'"):
        import_weights(spec, "", files)


def test_what_is_no_tensor_is_refused(files: list[Path]) -> None:
    (spec,) = unveil_networks()
    torch.save({"epoch": 3}, files[0])
    with pytest.raises(EnvironmentFailure, match="'epoch' is an int, not a tensor"):
        import_weights(spec, "", files)


def test_reference_clips_as_the_case_says(network: Ibcln) -> None:
    picture = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        found = reference(network, {"I": picture}, {"iterations": 2, "final_clamp": [0, 0.01]})
    assert {name for name in found if name.endswith("prerelu")} == {"T2_prerelu", "R2_prerelu"}
    torch.testing.assert_close(found["T2_prerelu"].clamp(min=0), found["T2"])
    torch.testing.assert_close(found["T_final"], found["T2"].clamp(0, 0.01))
