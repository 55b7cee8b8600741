"""`dgunet` as a separator in the `separate` stage."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.method import MethodSpec
from unveil.plugins.dgunet.parameters import Separator
from unveil.plugins.dgunet.plugin import OWN, unveil_methods, unveil_networks
from unveil.plugins.dgunet.separator import make_separator
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.separate import SeparateStage
from unveil.plugins.separation.store import find_weights, import_weights
from unveil.plugins.separation.weights import load_into, verify_weights

SMALL = "separation_small"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as training writes it: half precision, the network's own keys."""
    torch.manual_seed(1)
    network = make_separator(SMALL)
    for parameter in network.parameters():
        parameter.data += 0.02 * torch.randn(parameter.shape)
    path = tmp_path_factory.mktemp("trained") / "small.safetensors"
    save_file({key: tensor.half().contiguous() for key, tensor in network.state_dict().items()}, path)
    return path


@pytest.fixture
def spec(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MethodSpec:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    (network,) = unveil_networks()
    import_weights(network, SMALL, [trained])
    (found,) = unveil_methods()
    return found


def picture(height: int, width: int) -> Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (37, 23), (64, 16)])
def test_any_size_goes_through_separate(spec: MethodSpec, size: tuple[int, int]) -> None:
    pixels = picture(*size)
    stage = SeparateStage(
        Separate(method="dgunet", keep=("reflection",)), spec, spec.build(Separator(), "cpu")
    )
    frame = Frame(
        source=Path("a.tif"), pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb"
    )
    done = stage(frame)
    assert done.image().shape == pixels.shape
    assert bool(done.image().isfinite().all())
    assert bool((done.image() <= pixels + 1e-6).all())


def test_method_gives_the_clamped_layers_of_the_last_stage(spec: MethodSpec) -> None:
    network = make_separator(SMALL)
    load_into(network, find_weights("dgunet", SMALL))
    pixels = picture(16, 24)[None]
    with torch.inference_mode():
        transmission, reflection = network.eval()(pixels)[0]
    layers = spec.build(Separator(), "cpu")(pixels)
    assert layers.reflection is not None
    torch.testing.assert_close(layers.transmission, transmission.clamp(0, 1), atol=1e-5, rtol=0)
    torch.testing.assert_close(layers.reflection, reflection.clamp(0, 1), atol=1e-5, rtol=0)


def test_missing_weights_say_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path))
    with pytest.raises(EnvironmentFailure) as error:
        find_weights("dgunet", SMALL, {SMALL: tmp_path / "none.safetensors"})
    assert str(error.value) == (
        f"no weights of 'dgunet-{SMALL}' are in {tmp_path}; train them (`unveil train --method dgunet`) and run "
        f"`unveil weights import dgunet FILE... --variant {SMALL}`"
    )


def test_imported_weights_go_before_those_that_come_with_it(
    spec: MethodSpec, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {SMALL: trained}
    assert find_weights("dgunet", SMALL, own).parent == tmp_path / "store"
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "empty"))
    assert find_weights("dgunet", SMALL, own) == trained


def test_file_of_another_net_is_refused(spec: MethodSpec, trained: Path) -> None:
    (network,) = unveil_networks()
    with pytest.raises(EnvironmentFailure, match=r"small\.safetensors: 'net\..*' has the shape"):
        import_weights(network, "separation", [trained])
    with pytest.raises(RecipeError, match=r"takes 1 different files, got 2"):
        import_weights(network, SMALL, [trained, trained])


def test_what_is_shipped_fits_its_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path))
    assert [file.problem for file in verify_weights(unveil_methods(), unveil_networks())] == [
        "" for path in OWN.values() if path.is_file()
    ]
