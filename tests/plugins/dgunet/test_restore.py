"""The `restore` stage: what the published test path gives, in the frame's own space."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from unveil.cli import main
from unveil.isp.colour.stage import apply_matrix, rgb_to_rgb
from unveil.isp.orient import UNDO, apply_orientation
from unveil.isp.tone.curves import decode_curve, encode_curve
from unveil.pipeline.errors import FrameError, RecipeError
from unveil.pipeline.frame import Frame, Metadata, Space
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.plugins.dgunet.network import make_network
from unveil.plugins.dgunet.parameters import Restore
from unveil.plugins.dgunet.plugin import unveil_networks
from unveil.plugins.dgunet.published import restore
from unveil.plugins.dgunet.restore import RestoreStage
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.verify import tolerance_of

RECIPE = """\
unveil: 1
name: dry
description: rain taken out
stages:
  - decode
  - linearize
  - demosaic
  - colour
  - tone: {{exposure: 0}}
  - restore: {{task: {task}}}
  - encode: {{format: png}}
"""


@pytest.fixture(scope="module")
def network() -> nn.Module:
    network = make_network("deraining").eval()
    fill(network, gain=0.6)
    return network


@pytest.fixture
def picture(noise: torch.Generator) -> Tensor:
    return torch.rand(3, 20, 30, generator=noise)


def frame(pixels: Tensor, **other: object) -> Frame:
    made = Frame(source=Path("a.png"), pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb")
    return replace(made, **other)  # type: ignore[arg-type]


def stage(network: nn.Module, **parameters: object) -> RestoreStage:
    return RestoreStage(Restore.model_validate({"task": "derain", **parameters}), deepcopy(network), "cpu")


def test_a_display_picture_gets_the_published_answer(
    network: nn.Module, picture: Tensor, device: str, dtype: str
) -> None:
    """Honours `--device` and `--dtype`."""
    (spec,) = unveil_networks()
    parameters = Restore.model_validate({"task": "derain", "precision": dtype})
    found = RestoreStage(parameters, deepcopy(network), device)(frame(picture)).image()
    with torch.inference_mode():
        expected = restore(network, picture[None])[2][0]
    torch.testing.assert_close(found, expected, atol=tolerance_of(spec, dtype), rtol=0)


@torch.inference_mode()
def test_linear_wide_gamut_gets_the_same_answer_in_its_own_colour(
    network: nn.Module, picture: Tensor
) -> None:
    matrix = rgb_to_rgb("sRGB", "Rec2020")
    linear = apply_matrix(decode_curve(picture, "srgb"), matrix)
    found = stage(network)(frame(linear, space=Space.LINEAR_RGB, primaries="Rec2020", curve="")).image()
    back = encode_curve(apply_matrix(found, torch.linalg.inv(matrix)), "srgb")
    torch.testing.assert_close(back, restore(network, picture[None])[2][0], atol=1e-4, rtol=0)


def test_what_the_network_cannot_see_is_kept(network: nn.Module) -> None:
    linear = torch.full((3, 16, 16), 0.5)
    linear[:, 3:6, 3:6] = 7.0
    given = frame(linear, space=Space.LINEAR_RGB, curve="")
    found = stage(network)(given)
    assert float(found.image()[:, 3:6, 3:6].min()) >= 6
    assert any("that part is kept" in note for note in found.notes)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_the_network_sees_the_picture_upright(network: nn.Module, picture: Tensor, orientation: int) -> None:
    upright = stage(network)(frame(picture)).image()
    lying = apply_orientation(picture, UNDO[orientation])
    found = stage(network)(frame(lying, metadata=Metadata(orientation=orientation))).image()
    torch.testing.assert_close(apply_orientation(found, orientation), upright, atol=1e-5, rtol=0)


def test_strength_goes_from_nothing_to_all(network: nn.Module, picture: Tensor) -> None:
    none, half, full = (stage(network, strength=s)(frame(picture)).image() for s in (0, 0.5, 1))
    assert torch.equal(none, picture)
    torch.testing.assert_close(half, (picture + full) / 2, atol=1e-5, rtol=0)


def test_the_ensemble_does_not_care_how_the_picture_lies(network: nn.Module, picture: Tensor) -> None:
    look = stage(network, ensemble=True)
    flipped = look(frame(picture.flip(-1))).image().flip(-1)
    torch.testing.assert_close(look(frame(picture)).image(), flipped, atol=1e-5, rtol=0)
    assert not torch.allclose(stage(network)(frame(picture)).image(), flipped, atol=1e-4)


def test_large_pictures_are_seen_in_tiles_and_the_trail_says_so(
    network: nn.Module, noise: torch.Generator
) -> None:
    found = stage(network, tile=64)(frame(torch.rand(3, 48, 100, generator=noise)))
    assert any("seen in 3 overlapping tiles" in note for note in found.notes)
    assert found.image().shape == (3, 48, 100)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 9)])
def test_odd_and_tiny_pictures_are_answered(network: nn.Module, size: tuple[int, int]) -> None:
    found = stage(network)(frame(torch.full((3, *size), 0.25))).image()
    assert found.shape == (3, *size)
    assert bool(torch.isfinite(found).all())


def test_values_that_are_not_finite_are_refused(network: nn.Module, picture: Tensor) -> None:
    picture[0, 0, 0] = float("nan")
    with pytest.raises(FrameError, match="values that are not finite"):
        stage(network)(frame(picture))


def test_a_recipe_restores_with_imported_weights(
    network: nn.Module,
    picture: Tensor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNVEIL_WEIGHTS", "store")
    Path("dry.yaml").write_text(RECIPE.format(task="derain"))
    Image.fromarray((picture * 255).byte().permute(1, 2, 0).numpy()).save("a.png")
    run = ["run", "dry.yaml", "a.png", "-o", "out", "--jobs", "0", "--device", "cpu"]
    assert main(run) == 3
    assert "`unveil weights import dgunet FILE... --variant deraining`" in capsys.readouterr().err
    torch.save({"state_dict": network.state_dict()}, "DGUNet.pth")
    assert main(["weights", "import", "dgunet", "DGUNet.pth"]) == 0
    assert main(run) == 0
    with Image.open("out/a.png") as written:
        assert written.size == (30, 20)


def test_a_task_that_does_not_exist_is_refused() -> None:
    registry = build_registry()
    with pytest.raises(RecipeError, match=r"restore\.task: found 'derian'.*did you mean 'derain'"):
        parse_recipe(RECIPE.format(task="derian"), registry, "dry.yaml")


def test_the_stage_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stages"]) == 0
    assert "restore" in capsys.readouterr().out
