"""Masks of `separate`: read, turned, scaled, and what is refused."""

from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from pydantic import ValidationError
from torch import Tensor

from unveil.isp.orient import UNDO, apply_orientation
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Frame, Metadata, Space
from unveil.pipeline.method import Domain, Layers, MethodSpec
from unveil.pipeline.stage import Parameters
from unveil.plugins.separation.mask import find_mask, read_mask
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.recompose import in_bands, subtract
from unveil.plugins.separation.separate import SeparateStage


def frame(folder: Path, height: int = 40, width: int = 60, orientation: int = 1) -> Frame:
    return Frame(
        source=folder / "IMG_7.CR2",
        pixels=torch.rand(3, height, width, generator=torch.Generator().manual_seed(2)) + 0.5,
        space=Space.LINEAR_RGB,
        primaries="sRGB",
        metadata=Metadata(orientation=orientation),
    )


def write(path: Path, mask: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(imagecodecs.png_encode(mask))
    return path


def halves(height: int, width: int) -> np.ndarray:
    """White on the left half."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    return mask


def masked(before: Frame, mask: Tensor, strength: float = 1.0) -> Tensor:
    reflection = torch.full_like(before.image(), 0.25)
    return subtract(before, in_bands(reflection, before), strength, mask).image()


@pytest.mark.parametrize("scale", [1, 2, 5])
def test_white_takes_all_and_black_nothing(tmp_path: Path, scale: int) -> None:
    before = frame(tmp_path)
    path = write(tmp_path / "m.png", halves(40 // scale, 60 // scale))
    after = masked(before, read_mask(path, before))
    edge = 2 * scale
    assert torch.equal(after[..., 30 + edge :], before.image()[..., 30 + edge :])
    torch.testing.assert_close(after[..., : 30 - edge], before.image()[..., : 30 - edge] - 0.25)


@pytest.mark.parametrize("orientation", list(UNDO))
def test_a_mask_is_laid_on_the_frame_as_it_is_seen_upright(tmp_path: Path, orientation: int) -> None:
    before = frame(tmp_path, orientation=orientation)
    height, width = apply_orientation(before.image(), orientation).shape[-2:]
    mask = halves(height, width)
    mask[: height // 2] //= 2
    found = read_mask(write(tmp_path / "m.png", mask), before)
    upright = apply_orientation(found, orientation)
    torch.testing.assert_close(upright[0], torch.from_numpy(mask) / 255)


def test_a_larger_mask_is_averaged(tmp_path: Path) -> None:
    before = frame(tmp_path)
    fine = np.zeros((400, 600), np.uint8)
    fine[::2] = 255
    mask = read_mask(write(tmp_path / "m.png", fine), before)
    assert mask.shape == (1, 40, 60)
    inner = mask[:, 1:-1]
    torch.testing.assert_close(inner, torch.full_like(inner, 0.5), atol=0.01, rtol=0)


def test_a_small_mask_is_enlarged_smoothly_and_stays_within_0_and_1(tmp_path: Path) -> None:
    before = replace(frame(tmp_path), pixels=torch.ones(3, 40, 60))
    after = masked(before, read_mask(write(tmp_path / "m.png", halves(4, 6)), before))
    row = after[0, 20]
    assert float(row.min()) >= 0.75 - 1e-6
    assert float(row.max()) <= 1
    assert bool((row.diff() >= -1e-6).all())
    assert len(set(row.tolist())) > 8


@pytest.mark.parametrize("kind", ["png16", "tiff", "jpeg"])
def test_other_kinds_of_grey_files_are_read(tmp_path: Path, kind: str) -> None:
    before, mask = frame(tmp_path), halves(40, 60)
    path = tmp_path / f"m.{kind}"
    if kind == "tiff":
        path = tmp_path / "m.tif"
        tifffile.imwrite(path, mask, photometric="minisblack")
    elif kind == "jpeg":
        path.write_bytes(imagecodecs.jpeg8_encode(np.stack([mask] * 3, -1), level=95))
    else:
        path.write_bytes(imagecodecs.png_encode(mask.astype(np.uint16) * 257))
    found = read_mask(path, before)
    assert float(found[..., :24].min()) > 0.98
    assert float(found[..., 36:].max()) < 0.02


def test_each_frame_may_have_its_own_mask(tmp_path: Path) -> None:
    own = write(tmp_path / "IMG_7_mask.png", halves(40, 60))
    assert find_mask(str(tmp_path / "{stem}_mask.png"), tmp_path / "IMG_7.CR2") == own


def test_a_relative_mask_is_looked_for_beside_the_source_and_then_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    source = tmp_path / "shoot/IMG_7.CR2"
    here = write(tmp_path / "work/m/IMG_7.png", halves(4, 6))
    (tmp_path / "shoot").mkdir()
    assert find_mask("m/{stem}.png", source) == here
    beside = write(tmp_path / "shoot/m/IMG_7.png", halves(4, 6))
    assert find_mask("m/{stem}.png", source) == beside
    assert find_mask("m/{stem}.png", Path("../shoot/IMG_7.CR2")) == beside


def test_a_missing_mask_is_named_with_all_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with pytest.raises(FrameError) as caught:
        find_mask("{stem}_m.png", tmp_path / "IMG_7.CR2")
    assert str(caught.value) == (
        f"{tmp_path}/IMG_7.CR2: there is no {tmp_path}/IMG_7_m.png and no {tmp_path}/work/IMG_7_m.png to be its mask; "
        "make one, or leave out `mask`"
    )
    with pytest.raises(FrameError, match=r"there is no /nowhere/m\.png to be its mask"):
        find_mask("/nowhere/m.png", tmp_path / "IMG_7.CR2")


def test_the_trail_names_the_mask(tmp_path: Path) -> None:
    spec = MethodSpec(
        name="known",
        summary="",
        domain=Domain.LINEAR,
        multiple=1,
        global_statistics=False,
        fit=64,
        gives=("transmission",),
        cost=0.0,
        parameters=Parameters,
        build=lambda parameters, device: lambda proxy: Layers(transmission=proxy),
    )
    path = write(tmp_path / "IMG_7.png", halves(40, 60))
    stage = SeparateStage(Separate(mask="{stem}.png"), spec, lambda proxy: Layers(transmission=proxy * 0.9))
    assert f"at strength 1, where the mask {path} lets it" in stage(frame(tmp_path)).notes[-1]


def test_a_mask_with_colours_is_refused(tmp_path: Path) -> None:
    colours = np.stack([halves(40, 60), np.zeros((40, 60), np.uint8), np.zeros((40, 60), np.uint8)], -1)
    with pytest.raises(FrameError, match="has colours; save it in grey"):
        read_mask(write(tmp_path / "m.png", colours), frame(tmp_path))


def test_a_mask_of_another_aspect_is_refused_with_both_sizes(tmp_path: Path) -> None:
    path = write(tmp_path / "m.png", halves(40, 60))
    with pytest.raises(FrameError, match="is 60 x 40 pixels, and the frame upright 40 x 60"):
        read_mask(path, frame(tmp_path, orientation=6))


def test_an_aspect_that_differs_by_rounding_is_taken(tmp_path: Path) -> None:
    read_mask(write(tmp_path / "m.png", halves(40, 61)), frame(tmp_path))
    with pytest.raises(FrameError, match="ratio of the sides"):
        read_mask(write(tmp_path / "m.png", halves(40, 62)), frame(tmp_path))


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.png").write_text("this is text")
    with pytest.raises(FrameError, match=r"IMG_7\.CR2: its mask cannot be used: .*m\.png"):
        read_mask(tmp_path / "m.png", frame(tmp_path))


def test_a_mask_knows_no_other_token() -> None:
    with pytest.raises(ValidationError, match=r"no token \{name\}; allowed: \{stem\}"):
        Separate(mask="{name}.png")
