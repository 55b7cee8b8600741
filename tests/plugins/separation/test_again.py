"""Records and the stage that works from them, against the stage that made them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor

import unveil
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Destination, Frame, Metadata, Space
from unveil.pipeline.method import Domain, Layers, MethodSpec
from unveil.pipeline.remix.record import KEY, ROLE, read_facts, source_hash
from unveil.pipeline.stage import Parameters
from unveil.plugins.separation.again import AgainStage
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.record import Recorder
from unveil.plugins.separation.separate import SeparateStage

# XYZ to camera of a common DSLR's order of magnitude; the values only need to be invertible.
MATRIX = ((0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))
BAYER = ((0, 1), (1, 2))
SPACES = (Space.CFA_LINEAR, Space.CAMERA_RGB, Space.LINEAR_RGB, Space.DISPLAY_RGB)


def frame(folder: Path, space: Space, orientation: int = 6) -> Frame:
    channels = 1 if space is Space.CFA_LINEAR else 3
    coarse = torch.rand(1, channels, 9, 11, generator=torch.Generator().manual_seed(8)) * 0.8 + 0.05
    source = folder / "IMG_1.dng"
    source.write_bytes(b"the bytes of a picture")
    finished = space in (Space.LINEAR_RGB, Space.DISPLAY_RGB)
    return Frame(
        source=source,
        pixels=F.interpolate(coarse, size=(90, 122), mode="bilinear")[0],
        space=space,
        primaries="sRGB" if finished else "",
        curve="srgb" if space is Space.DISPLAY_RGB else "",
        camera=Camera()
        if finished
        else Camera(
            cfa=BAYER if space is Space.CFA_LINEAR else None,
            white_balance=(2.0, 1.0, 1.5),
            xyz_to_camera=((6504.0, MATRIX),),
            matrix_source="dng",
        ),
        metadata=Metadata(orientation=orientation),
        destination=Destination(folder=folder / "out"),
    )


def spec(domain: Domain = Domain.LINEAR) -> MethodSpec:
    return MethodSpec(
        name="known",
        summary="",
        domain=domain,
        multiple=32,
        global_statistics=False,
        fit=64,
        gives=("transmission", "reflection", "confidence"),
        cost=0.0,
        parameters=Parameters,
        build=lambda parameters, device: look,
    )


def look(proxy: Tensor) -> Layers:
    """Find more reflection on top than below, with noise that no half float could hold."""
    share = torch.linspace(0.6, 0.1, proxy.shape[-2])[:, None] + 1e-3 * proxy[:, :1]
    return Layers(
        transmission=proxy[:, :3] * (1 - share),
        reflection=proxy[:, :3] * share * 0.9,
        confidence=share.clamp(0, 1),
        mosaic=proxy[:, 3:] * (1 - share) if proxy.shape[1] == 4 else None,
    )


def recorded(before: Frame, declared: MethodSpec, **parameters: object) -> tuple[Path, Frame]:
    """Separate with a record; return it, with its final name, and the frame."""
    recorder = Recorder(name="layers/{stem}", recipe="the recipe", place=2, method="known")
    stage = SeparateStage(Separate.model_validate(parameters), declared, look, recorder=recorder)
    after = stage(before)
    return after.outputs[-1].temporary.rename(after.outputs[-1].final), after


def same(one: Frame, other: Frame) -> None:
    assert torch.equal(one.image(), other.image())
    assert one.layers.keys() == other.layers.keys()
    assert one.maps.keys() == other.maps.keys()
    for name, layer in {**one.layers, **one.maps}.items():
        assert torch.equal(layer, {**other.layers, **other.maps}[name])
    assert one.scores == pytest.approx(dict(other.scores))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("strength", [-1, 0, 0.37, 1, 2])
def test_a_record_gives_at_any_strength_what_the_network_gives_bit_for_bit(
    tmp_path: Path, space: Space, orientation: int, strength: float
) -> None:
    before = frame(tmp_path, space, orientation)
    keep = ("transmission", "reflection", "blended", "confidence", "residual")
    path, _ = recorded(before, spec(), keep=keep)
    parameters = Separate(strength=strength, keep=keep)
    anew = SeparateStage(parameters, spec(), look)(before)
    again = AgainStage(parameters, spec(), path)(before)
    same(again, anew)
    assert torch.equal(again.image(), before.image()) == (strength == 0)


@pytest.mark.parametrize("strength", [0.5, 1])
def test_a_record_of_a_method_that_sees_the_mosaic_does_too(tmp_path: Path, strength: float) -> None:
    before, declared = frame(tmp_path, Space.CFA_LINEAR), spec(Domain.RAW_DISPLAY)
    path, _ = recorded(before, declared, keep=["confidence"])
    parameters = Separate(strength=strength, keep=("reflection", "confidence"))
    same(
        AgainStage(parameters, declared, path)(before),
        SeparateStage(parameters, declared, look)(before),
    )


def test_a_mask_can_be_given_afterwards(tmp_path: Path) -> None:
    before = frame(tmp_path, Space.LINEAR_RGB)
    path, _ = recorded(before, spec())
    mask = np.zeros((122, 90), np.uint8)
    mask[:61] = 255
    (tmp_path / "m.png").write_bytes(imagecodecs.png_encode(mask))
    parameters = Separate(mask=str(tmp_path / "m.png"))
    after = AgainStage(parameters, spec(), path)(before)
    same(after, SeparateStage(parameters, spec(), look)(before))
    untouched = (after.image() == before.image()).float().mean()
    assert 0.4 < float(untouched) < 0.55


def test_a_frame_that_was_skipped_has_its_record(tmp_path: Path) -> None:
    before = frame(tmp_path, Space.LINEAR_RGB)
    path, after = recorded(before, spec(), policy={"skip_below": 0.9})
    assert torch.equal(after.image(), before.image())
    same(AgainStage(Separate(), spec(), path)(before), SeparateStage(Separate(), spec(), look)(before))


def test_a_record_says_where_it_is_from(tmp_path: Path) -> None:
    before = frame(tmp_path, Space.LINEAR_RGB)
    path, after = recorded(before, spec())
    facts = read_facts(path)
    assert path == tmp_path / "out/layers/IMG_1.unveil"
    assert after.outputs[-1].role == ROLE
    assert (facts.source, facts.sha256) == (str(before.source), source_hash(before.source))
    assert (facts.recipe, facts.place, facts.method) == ("the recipe", 2, "known")
    assert (facts.program, facts.shape, facts.size) == (unveil.__version__, (3, 90, 122), (64, 47))


def test_a_record_holds_the_small_layers_in_float32(tmp_path: Path) -> None:
    path, _ = recorded(frame(tmp_path, Space.CAMERA_RGB), spec(), keep=["residual"])
    with safe_open(path, framework="pt") as file:
        assert set(file.keys()) == {"reflection", "matrix", "confidence", "residual"}
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float32}  # noqa: SIM118
        assert json.loads(file.metadata()[KEY])["version"] == 1
    assert path.stat().st_size < 64 * 47 * (3 + 3 + 1) * 4 + 4096


def halved(before: Frame) -> Frame:
    return replace(before, pixels=before.image()[..., ::2])


def coloured(before: Frame) -> Frame:
    return frame(before.source.parent, Space.LINEAR_RGB)


@pytest.mark.parametrize("other", [halved, coloured])
def test_a_record_of_another_frame_is_refused(tmp_path: Path, other: Callable[[Frame], Frame]) -> None:
    before = frame(tmp_path, Space.CFA_LINEAR)
    path, _ = recorded(before, spec())
    with pytest.raises(FrameError, match=r"the record .*IMG_1\.unveil is of a frame of another size or kind"):
        AgainStage(Separate(), spec(), path)(other(before))


def test_a_record_is_not_written_over_another(tmp_path: Path) -> None:
    before = frame(tmp_path, Space.LINEAR_RGB)
    recorded(before, spec())
    with pytest.raises(FrameError, match=r"IMG_1\.unveil: is there already; give --overwrite"):
        recorded(before, spec())
