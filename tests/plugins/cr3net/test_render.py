"""The `render` stage: the learned mapping from mosaic to display picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from unveil.cli import main
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.orient import UNDO, apply_orientation
from unveil.isp.parameters import Decode, Demosaic, Linearize
from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.errors import EnvironmentFailure, FrameError
from unveil.pipeline.frame import Camera, Frame, Metadata, Space
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import load_recipe
from unveil.pipeline.registry import DEFAULT_PLUGINS, build_registry
from unveil.plugins.cr3net.blocks import Widths
from unveil.plugins.cr3net.method import Cr3NetMethod
from unveil.plugins.cr3net.network import Cr3Net, make_network
from unveil.plugins.cr3net.parameters import Render
from unveil.plugins.cr3net.render import RenderStage
from unveil.plugins.separation.display import develop
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.packing import Pattern, pack

DngMaker = Callable[..., Path]
SAMPLE = Path(__file__).parents[3] / "samples" / "harbour.dng"
RGGB: Pattern = ((0, 1), (1, 2))


TINY = Widths(levels=(8, 8, 8), full=8, depth=1)


@pytest.fixture(scope="module")
def network() -> Cr3Net:
    """The network with few channels and weights made from their names; it changes every pixel."""
    network = Cr3Net(TINY)
    fill(network, gain=0.6)
    return network


@pytest.fixture(scope="module")
def idle() -> Cr3Net:
    """A net whose last layer gives nothing: the transmission is the display picture."""
    network = Cr3Net(TINY)
    torch.nn.init.zeros_(network.tail_t.weight)
    return network


def stage(network: Cr3Net, **parameters: object) -> RenderStage:
    checked = Render.model_validate({"precision": "float32", **parameters})
    return RenderStage(checked, Cr3NetMethod(network, "cpu", checked))


def frame(pixels: Tensor, cfa: Pattern = RGGB, orientation: int = 1) -> Frame:
    return Frame(
        source=Path("a.dng"),
        pixels=pixels,
        space=Space.CFA_LINEAR,
        camera=Camera(cfa=cfa, white_balance=(2.0, 1.0, 1.5)),
        metadata=Metadata(orientation=orientation),
    )


def mosaic(height: int, width: int, noise: torch.Generator) -> Tensor:
    return torch.rand(1, height, width, generator=noise) * 0.6 + 0.1


def rendered(given: Frame) -> Tensor:
    return develop(given, Demosaic()).image().clamp(0, 1)


def test_an_idle_network_gives_the_display_picture_of_a_camera_file(idle: Cr3Net) -> None:
    given = LinearizeStage(Linearize())(DecodeStage(Decode(), "cpu")(Frame(source=SAMPLE)))
    found = stage(idle, tile=512)(given)
    torch.testing.assert_close(found.image(), rendered(given), atol=1e-6, rtol=0)
    assert (found.space, found.primaries, found.curve) == (Space.DISPLAY_RGB, "sRGB", "srgb")
    assert any("overlapping tiles" in note for note in found.notes)


@pytest.mark.shared
def test_an_idle_network_gives_the_preview_of_a_camera_file(idle: Cr3Net, shared_data: Path) -> None:
    source = shared_data / "raw" / "kodak_dc50.kdc"
    given = LinearizeStage(Linearize())(DecodeStage(Decode(), "cpu")(Frame(source=source)))
    found = stage(idle, picture="embedded", tile=512)(given)
    assert found.image().shape == (3, 512, 768)
    assert "display picture: embedded preview, 96 x 64, scaled up to 768 x 512" in found.notes


@torch.inference_mode()
def test_the_networks_transmission_is_the_picture(network: Cr3Net, noise: torch.Generator) -> None:
    given = frame(mosaic(24, 40, noise), ((2, 1), (1, 0)))
    expected = network(rendered(given)[None], pack(given.image()[None], ((2, 1), (1, 0)))).transmission
    found = stage(network)(given).image()
    torch.testing.assert_close(found, expected[0].clamp(0, 1), atol=1e-5, rtol=0)
    assert float((found - rendered(given)).abs().mean()) > 0.001


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
@torch.inference_mode()
def test_the_network_sees_picture_and_planes_upright(
    network: Cr3Net, noise: torch.Generator, orientation: int
) -> None:
    given = frame(mosaic(24, 40, noise), orientation=orientation)
    planes = apply_orientation(pack(given.image()[None], RGGB), orientation)
    shown = apply_orientation(rendered(given)[None], orientation)
    expected = apply_orientation(network(shown, planes).transmission, UNDO[orientation])
    found = stage(network)(given).image()
    torch.testing.assert_close(found, expected[0].clamp(0, 1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(2, 2), (3, 2), (7, 15), (9, 33), (16, 16)])
def test_odd_and_tiny_frames_are_answered(
    network: Cr3Net, idle: Cr3Net, noise: torch.Generator, size: tuple[int, int]
) -> None:
    given = frame(mosaic(*size, noise), ((1, 2), (0, 1)), 6)
    assert stage(network)(given).image().shape == (3, *size)
    torch.testing.assert_close(stage(idle)(given).image(), rendered(given), atol=1e-6, rtol=0)


def test_strength_mixes_in_linear_light(network: Cr3Net, noise: torch.Generator) -> None:
    given = frame(mosaic(24, 40, noise))
    none, half, full = (stage(network, strength=s)(given).image() for s in (0, 0.5, 1))
    assert torch.equal(none, rendered(given))
    light = [decode_curve(picture, "srgb") for picture in (none, half, full)]
    torch.testing.assert_close(light[1], (light[0] + light[2]) / 2, atol=1e-6, rtol=0)


def test_tiles_keep_the_cells_together(idle: Cr3Net, noise: torch.Generator) -> None:
    given = frame(mosaic(270, 531, noise))
    found = stage(idle, tile=256)(given)
    torch.testing.assert_close(found.image(), rendered(given), atol=1e-6, rtol=0)
    assert any("seen in 8 overlapping tiles" in note for note in found.notes)
    assert not any("tiles" in note for note in stage(idle, tile=0)(given).notes)


def test_side_layers_are_developed_as_the_frame_would_be(idle: Cr3Net, noise: torch.Generator) -> None:
    given = frame(mosaic(24, 40, noise))
    given = replace(given, layers={"blended": given.image(), "reflection": given.image() * 0.1})
    found = stage(idle)(given)
    torch.testing.assert_close(found.layers["blended"].clamp(0, 1), found.image(), atol=1e-6, rtol=0)
    assert found.layers["reflection"].shape == (3, 24, 40)
    assert "side layers are developed by demosaic, colour and tone, not by the network" in found.notes


def test_broken_pixels_fail_the_frame(network: Cr3Net, noise: torch.Generator) -> None:
    pixels = mosaic(24, 40, noise)
    pixels[0, 5, 5] = float("nan")
    with pytest.raises(
        FrameError, match="cr3net gave values that are not finite; check the frame for broken"
    ):
        stage(network)(frame(pixels))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (frame(torch.full((1, 1, 1), 0.5)), "is 1 x 1 pixels, less than one cell"),
        (frame(torch.full((1, 1, 1), 0.5), ((1,),)), "is monochrome"),
        (
            replace(frame(torch.full((3, 8, 8), 0.5)), space=Space.LINEAR_RGB),
            "has three colours at every pixel",
        ),
    ],
)
def test_other_frames_are_refused_in_one_sentence(network: Cr3Net, given: Frame, found: str) -> None:
    with pytest.raises(FrameError) as error:
        stage(network)(given)
    assert str(error.value) == (
        f"a.dng: 'render' takes Bayer mosaics, and this frame {found}; use another recipe"
    )


def test_the_shipped_recipe_needs_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path))
    registry = build_registry(DEFAULT_PLUGINS)
    recipe = load_recipe("cr3net", registry, ["render.variant=full"])
    with pytest.raises(EnvironmentFailure, match=r"`unveil weights import cr3net FILE\.\.\.`"):
        make_plan(recipe, registry).build()


def test_the_shipped_recipe_renders_with_imported_weights(
    make_dng: DngMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNVEIL_WEIGHTS", "store")
    torch.save(make_network("small").state_dict(), "small.pth")
    assert main(["weights", "import", "cr3net", "small.pth", "--variant", "small"]) == 0
    samples = np.random.default_rng(3).integers(200, 4000, (50, 70)).astype(np.uint16)
    source = make_dng(samples, cfa=((1, 2), (0, 1)), name="IMG_7.dng")
    run = ["run", "cr3net", str(source), "-o", "out", "--jobs", "0", "--device", "cpu"]
    assert main([*run, "--set", "render.variant=small"]) == 0
    with Image.open("out/cr3net/IMG_7.jpg") as written:
        assert written.size == (70, 50)
