"""The authors' file is taken as it is, and the wrong files are named."""

from pathlib import Path

import pytest
import torch

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.plugins.location_aware.network import LocationAware
from unveil.plugins.location_aware.plugin import LocationAwareParameters, unveil_methods, unveil_networks
from unveil.plugins.location_aware.release import reference
from unveil.plugins.separation.store import import_weights


@pytest.fixture
def network() -> LocationAware:
    torch.manual_seed(9)
    return LocationAware().eval()


@pytest.fixture
def file(tmp_path: Path, network: LocationAware) -> Path:
    """The file of the release, as its authors saved it."""
    torch.save(network.state_dict(), tmp_path / "model.pth")
    return tmp_path / "model.pth"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


def test_imported_file_answers_as_the_network_it_came_from(file: Path, network: LocationAware) -> None:
    (networks,), (methods,) = unveil_networks(), unveil_methods()
    import_weights(networks, "", [file])
    picture = torch.rand(1, 3, 16, 24)
    with torch.no_grad():
        *_, expected = network.cascade(picture, 2)
    layers = methods.build(LocationAwareParameters(iterations=2), "cpu")(picture)
    torch.testing.assert_close(layers.transmission, expected.transmission.clamp(0, 1), atol=1e-5, rtol=0)
    torch.testing.assert_close(layers.confidence, expected.confidence, atol=1e-5, rtol=0)


def test_missing_weights_say_how_to_get_them(store: Path) -> None:
    (spec,) = unveil_methods()
    with pytest.raises(EnvironmentFailure) as error:
        spec.build(LocationAwareParameters(variant="full"), "cpu")
    assert str(error.value) == (
        f"no weights of 'location_aware' are in {store}; "
        "get the authors' files and run `unveil weights import location_aware FILE...`"
    )


def test_second_file_is_refused(file: Path, tmp_path: Path) -> None:
    (spec,) = unveil_networks()
    torch.save({}, tmp_path / "other.pth")
    with pytest.raises(RecipeError, match=r"location_aware takes one file, got model\.pth, other\.pth"):
        import_weights(spec, "", [file, tmp_path / "other.pth"])


def test_key_that_the_network_does_not_have_is_named(file: Path, network: LocationAware) -> None:
    (spec,) = unveil_networks()
    torch.save({**network.state_dict(), "det_conv12.bias": torch.zeros(1)}, file)
    with pytest.raises(EnvironmentFailure, match=r"the weights hold 'det_conv12\.bias'"):
        import_weights(spec, "", [file])


def test_wrapped_state_dict_is_refused(file: Path, network: LocationAware) -> None:
    """The release is not wrapped; a wrapper is another program's file."""
    (spec,) = unveil_networks()
    torch.save({"state_dict": network.state_dict()}, file)
    with pytest.raises(EnvironmentFailure, match="'state_dict' is a"):
        import_weights(spec, "", [file])


def test_reference_clips_as_the_case_says(network: LocationAware) -> None:
    picture = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        found = reference(network, {"I": picture}, {"iterations": 2, "final_clamp": [0, 0.01]})
    assert {name for name in found if name.endswith("prerelu")} == {"T2_prerelu", "R2_prerelu"}
    torch.testing.assert_close(found["R2_prerelu"].clamp(min=0), found["R2"])
    torch.testing.assert_close(found["T_final"], found["T2"].clamp(0, 0.01))
