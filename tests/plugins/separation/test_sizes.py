"""Large proxies: tiles leave no seam, and small memory is enough."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.benchmarks.bounded import Case, measure
from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.frame import Frame, Metadata, Space
from unveil.pipeline.method import Layers, Method, MethodSpec
from unveil.plugins.ibcln import plugin as ibcln
from unveil.plugins.ibcln.method import IbclnMethod
from unveil.plugins.ibcln.network import Ibcln
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.look import Looker, Memory
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.separate import SeparateStage
from unveil.plugins.unveilnet import plugin as unveilnet
from unveil.training.photographs import read_display

SIDES = (256, 2048)
"""Height and width, in which tiles of the smallest side are cut across the width."""
PHOTOGRAPHS = Path(__file__).parents[2] / "data" / "photographs"


def gradient() -> Tensor:
    down, across = torch.linspace(0, 0.3, SIDES[0]), torch.linspace(0.02, 0.6, SIDES[1])
    return (down[:, None] + across).expand(1, 3, -1, -1).contiguous()


def photograph(name: str) -> Tensor:
    picture = read_display(PHOTOGRAPHS / name).float()[None] / 255
    return decode_curve(F.interpolate(picture, size=SIDES, mode="bicubic").clamp(0, 1), "srgb")


def own() -> tuple[MethodSpec, Method]:
    (spec,) = unveilnet.unveil_methods()
    return spec, spec.build(spec.parameters(), "cpu")


def look(spec: MethodSpec, method: Method, shown: Tensor, limit: int) -> tuple[Layers, list[str]]:
    looker = Looker(spec=spec, method=method, memory=Memory(limit=limit))
    return looker(shown), looker.notes


def largest_difference(spec: MethodSpec, method: Method, shown: Tensor) -> float:
    whole, notes = look(spec, method, shown, 2**40)
    assert notes == []
    tiled, notes = look(spec, method, shown, 2**20)
    assert notes[0].startswith("seen in "), notes
    return float((whole.transmission - tiled.transmission).abs().max())


def test_the_default_method_leaves_no_seam_on_a_gradient() -> None:
    assert largest_difference(*own(), gradient()) < 1e-3


@pytest.mark.parametrize("name", ["otters.jpg", "kodim11.jpg"])
def test_the_default_method_leaves_no_seam_on_a_photograph(name: str) -> None:
    assert largest_difference(*own(), photograph(name)) < 1e-3


def test_a_turned_frame_is_the_same_in_tiles_as_whole() -> None:
    spec, method = own()
    frame = Frame(
        source=Path("a.tif"),
        pixels=photograph("otters.jpg")[0],
        space=Space.LINEAR_RGB,
        primaries="sRGB",
        metadata=Metadata(orientation=6),
    )
    stages = [SeparateStage(Separate(scale="full"), spec, method, Memory(limit=2**n)) for n in (20, 40)]
    tiled, whole = (stage(frame) for stage in stages)
    assert any(note.startswith("seen in ") for note in tiled.notes)
    assert not torch.equal(whole.image(), frame.image())
    assert float((tiled.image() - whole.image()).abs().max()) < 1e-3


@pytest.mark.parametrize("picture", ["gradient", "photograph"])
def test_ibcln_leaves_no_seam(picture: str) -> None:
    """With the small net; its weights are made up, so this holds for its layout, not for what training may do."""
    (spec,), (network,) = ibcln.unveil_methods(), ibcln.unveil_networks()
    net = network.network("small")
    assert isinstance(net, Ibcln)
    fill(net)
    method = IbclnMethod(net, "cpu", ibcln.IbclnParameters())
    shown = gradient() if picture == "gradient" else photograph("otters.jpg")
    assert largest_difference(spec, method, shown[..., :128, :640].contiguous()) < 1e-3


def test_separate_holds_the_frame_its_result_and_little_else() -> None:
    """What the network and bands take weighs more in small frames; docs/separation.md has 100 megapixels."""
    assert measure(Case(kind="mosaic", megapixels=12)).ratio < 4
