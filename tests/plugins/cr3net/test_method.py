"""`cr3net` as a method of `separate`."""

from __future__ import annotations

import json
import shutil
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
from unveil.isp.parameters import Decode, Demosaic, Linearize
from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.method_parameters import with_method
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.plugins.cr3net.blocks import Widths
from unveil.plugins.cr3net.method import Cr3NetMethod
from unveil.plugins.cr3net.network import Cr3Net, make_network
from unveil.plugins.cr3net.parameters import Cr3NetParameters
from unveil.plugins.cr3net.plugin import unveil_methods, unveil_networks
from unveil.plugins.separation.display import develop
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.mosaic import RGGB
from unveil.plugins.separation.packing import pack, unpack
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.separate import SeparateStage
from unveil.plugins.separation.verify import TOLERANCE, filled_network

CASES = Path(__file__).parents[2] / "data" / "reference" / "cr3net"
SAMPLE = Path(__file__).parents[3] / "samples" / "otters.dng"
RECIPE = """\
unveil: 1
name: pair
stages:
  - decode
  - linearize
  - separate: {{method: cr3net, scale: 64, {parameters}}}
  - demosaic: {{algorithm: superpixel}}
  - colour
  - tone
  - encode: {{format: png}}
"""


def options(**parameters: object) -> Cr3NetParameters:
    return Cr3NetParameters.model_validate({"precision": "float32", **parameters})


@pytest.fixture(scope="module")
def tiny() -> Cr3Net:
    """The network with few channels and weights made from their names."""
    network = Cr3Net(Widths(levels=(8, 8, 8), full=8, depth=1))
    fill(network, gain=0.3)
    return network


def frame(pixels: Tensor) -> Frame:
    camera = Camera(cfa=((2, 1), (1, 0)), white_balance=(2.0, 1.0, 1.5))
    return Frame(source=Path("a.dng"), pixels=pixels, space=Space.CFA_LINEAR, camera=camera)


def test_the_inputs_of_a_case_as_a_proxy_give_its_clamped_outputs() -> None:
    (spec,) = unveil_networks()
    weights = json.loads((CASES / "case_b.json").read_text("utf-8"))["weights"]
    network = filled_network(spec, "", weights["nets"])
    assert isinstance(network, Cr3Net)
    with np.load(CASES / "case_b.npz") as held:
        case = {name: torch.from_numpy(held[name]) for name in held.files}
    method = Cr3NetMethod(network, "cpu", options())
    layers = method(torch.cat((case["I"], unpack(case["I_raw"], RGGB)), 1))
    assert layers.reflection is not None
    assert layers.mosaic is not None
    found = {
        "T_rgb": layers.transmission,
        "R_rgb": layers.reflection,
        "T_raw": pack(layers.mosaic, RGGB),
    }
    for name, layer in found.items():
        torch.testing.assert_close(layer, case[name].clamp(0, 1), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("size", [(2, 2), (15, 9), (40, 72)])
def test_any_size_goes_through_separate(tiny: Cr3Net, size: tuple[int, int], noise: torch.Generator) -> None:
    (spec,) = unveil_methods()
    before = frame(torch.rand(1, *size, generator=noise))
    stage = SeparateStage(Separate(keep=("reflection",)), spec, Cr3NetMethod(tiny, "cpu", options()))
    after = stage(before)
    assert after.image().shape == before.image().shape
    assert bool((after.image() <= before.image() + 1e-6).all())
    torch.testing.assert_close(after.image() + after.layers["reflection"], before.image())


def test_missing_weights_end_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path))
    (spec,) = unveil_methods()
    with pytest.raises(EnvironmentFailure, match=r"`unveil weights import cr3net FILE\.\.\.`"):
        spec.build(options(variant="full"), "cpu")


def test_the_picture_is_chosen_beside_the_parameters_of_the_stage(
    tiny: Cr3Net, tmp_path: Path, noise: torch.Generator
) -> None:
    """The camera's JPEG is what the method sees where the recipe says `beside`."""
    (spec,) = unveil_methods()
    before = replace(frame(torch.rand(1, 40, 64, generator=noise)), source=tmp_path / "a.dng")
    Image.new("RGB", (64, 40), (255, 0, 0)).save(tmp_path / "a.JPG")
    seen: list[Tensor] = []
    method = Cr3NetMethod(tiny, "cpu", options())

    def look(proxy: Tensor) -> object:
        seen.append(proxy)
        return method(proxy)

    joint = with_method(Separate, Cr3NetParameters).model_validate({"method": "cr3net", "picture": "beside"})
    assert isinstance(joint, Separate)
    after = SeparateStage(joint, spec, look)(before)  # type: ignore[arg-type]
    assert float(seen[0][:, 0].min()) > 0.98
    assert float(seen[0][:, 1:3].max()) < 0.02
    assert any(note.startswith("display picture: a.JPG, 64 x 40") for note in after.notes)


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("demosaic", "the method 'cr3net' looks at the mosaic; put 'separate' right after 'linearize'"),
    ],
)
def test_a_recipe_that_shows_it_no_mosaic_is_refused(before: str, sentence: str) -> None:
    text = RECIPE.format(parameters="picture: rendered").replace(
        "  - separate", f"  - {before}\n  - separate"
    )
    registry = build_registry()
    with pytest.raises(RecipeError, match=sentence):
        make_plan(parse_recipe(text, registry, "pair.yaml"), registry)


def test_a_raw_and_its_jpeg_go_through_a_recipe(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNVEIL_WEIGHTS", "store")
    Path("pair.yaml").write_text(RECIPE.format(parameters="picture: beside, variant: small"))
    shutil.copy(SAMPLE, "IMG_1.dng")
    run = ["run", "pair.yaml", "IMG_1.dng", "-o", "out", "--jobs", "0", "--device", "cpu"]
    torch.save(make_network("small").state_dict(), "small.pth")
    assert main(["weights", "import", "cr3net", "small.pth", "--variant", "small"]) == 0
    assert main(run) == 1
    assert "there is no IMG_1.JPG or .jpeg beside it" in capsys.readouterr().out
    _develop(Path("IMG_1.dng"), Path("IMG_1.JPG"))
    assert main(run) == 0
    with Image.open("out/IMG_1.png") as written:
        assert written.size == (450, 300)


def _develop(raw: Path, jpeg: Path) -> None:
    """Do as a camera does: write a JPEG of the whole picture beside the RAW file."""
    mosaic = LinearizeStage(Linearize())(DecodeStage(Decode(), "cpu")(Frame(source=raw)))
    pixels = develop(mosaic, Demosaic()).image().clamp(0, 1)
    Image.fromarray((pixels * 255).byte().permute(1, 2, 0).numpy()).save(jpeg)
