"""`durrnet` in the `separate` stage."""

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from unveil.isp.tone.stage import encode_curve
from unveil.pipeline.errors import EnvironmentFailure, FrameError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.method import MethodSpec
from unveil.plugins.durrnet.plugin import DurrNetParameters, unveil_methods, unveil_networks
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.separate import SeparateStage, find_reflection
from unveil.plugins.separation.store import import_weights
from unveil.plugins.separation.verify import filled_network, tolerance_of

NETS = {"net": {"gain": 0.6}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with weights of the plain variant, made from their names."""
    (spec,) = unveil_networks()
    made = tmp_path_factory.mktemp("made")
    state = filled_network(spec, "plain", NETS).get_submodule("net").state_dict()
    torch.save({"icnn": state, "epoch": 1, "iterations": 2}, made / "x_latest.pt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNVEIL_WEIGHTS", str(made / "store"))
        import_weights(spec, "plain", [made / "x_latest.pt"])
    return made / "store"


@pytest.fixture
def spec(folder: Path, monkeypatch: pytest.MonkeyPatch) -> MethodSpec:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(folder))
    (found,) = unveil_methods()
    return found


def frame(pixels: Tensor) -> Frame:
    return Frame(source=Path("a.tif"), pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb")


def picture(height: int, width: int) -> Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("size", [(1, 1), (37, 23), (64, 16)])
def test_any_size_goes_through_separate(spec: MethodSpec, size: tuple[int, int]) -> None:
    pixels = picture(*size)
    stage = SeparateStage(
        Separate(method="durrnet", keep=("reflection",)),
        spec,
        spec.build(DurrNetParameters(variant="plain"), "cpu"),
    )
    done = stage(frame(pixels))
    assert done.image().shape == pixels.shape
    assert bool(done.image().isfinite().all())
    assert bool((done.image() <= pixels + 1e-6).all())


def test_method_gives_the_clamped_answer_of_its_network(spec: MethodSpec, device: str, dtype: str) -> None:
    """Honours `--device` and `--dtype`."""
    (network,) = unveil_networks()
    pixels = picture(32, 48)[None]
    method = spec.build(DurrNetParameters.model_validate({"variant": "plain", "precision": dtype}), device)
    with torch.inference_mode():
        expected = filled_network(network, "plain", NETS)(pixels)
    layers = method(pixels)
    close = partial(torch.testing.assert_close, atol=tolerance_of(network, dtype), rtol=0)
    assert layers.reflection is not None
    close(layers.transmission, expected.transmission.clamp(0, 1))
    close(layers.reflection, expected.reflection.clamp(0, 1))


def test_answer_does_not_depend_on_what_else_is_in_the_batch(spec: MethodSpec) -> None:
    method = spec.build(DurrNetParameters(variant="plain"), "cpu")
    dark, bright = encode_curve(picture(32, 32) * 0.01, "srgb"), picture(32, 32)
    with torch.inference_mode():
        both, alone = method(torch.stack((dark, bright))), method(dark[None])
    assert torch.equal(both.transmission[:1], alone.transmission)


def test_nothing_is_found_in_a_black_picture(spec: MethodSpec) -> None:
    method = spec.build(DurrNetParameters(variant="plain"), "cpu")
    black = torch.zeros(3, 20, 30)
    assert torch.equal(find_reflection(method, spec, black), black)


def test_broken_pixels_are_named(spec: MethodSpec) -> None:
    stage = SeparateStage(
        Separate(method="durrnet"), spec, spec.build(DurrNetParameters(variant="plain"), "cpu")
    )
    pixels = picture(32, 32)
    pixels[0, 3, 4] = float("nan")
    with pytest.raises(FrameError, match=r"a\.tif: the method 'durrnet' gave values that are not finite"):
        stage(frame(pixels))


@pytest.mark.parametrize("variant", ["hyper", "plain"])
def test_missing_weights_end_in_one_sentence(
    variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    (spec,) = unveil_methods()
    with pytest.raises(EnvironmentFailure) as error:
        spec.build(spec.parameters.model_validate({"variant": variant}), "cpu")
    assert str(error.value) == (
        f"no weights of 'durrnet-{variant}' are in {tmp_path / 'store'}; get the authors' files and run "
        f"`unveil weights import durrnet FILE... --variant {variant}`"
    )
