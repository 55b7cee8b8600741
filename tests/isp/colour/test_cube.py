"""Tables in .cube files."""

from pathlib import Path

import numpy as np
import pytest
import torch

from unveil.isp.colour.cube import apply_cube, read_cube, share_outside
from unveil.isp.colour.stage import ColourStage
from unveil.isp.parameters import Colour
from unveil.pipeline.errors import RecipeError
from unveil.pipeline.frame import Camera, Frame, Space


def lattice(path: Path, size: int = 3, domain: str = "") -> Path:
    """Write a table in three dimensions: R, G and B turn around, G is squared."""
    steps = np.linspace(0, 1, size)
    lines = [f"{b:.6f} {r:.6f} {g * g:.6f}" for b in steps for g in steps for r in steps]
    path.write_text(f"LUT_3D_SIZE {size}\n{domain}" + "\n".join(lines) + "\n")
    return path


def curves(path: Path, domain: str = "") -> Path:
    """Write three curves of three points."""
    path.write_text(f"LUT_1D_SIZE 3\n{domain}0 0 1\n0.25 0.5 0.5\n1 1 0\n")
    return path


def test_the_entries_of_a_lattice_are_met_exactly(tmp_path: Path) -> None:
    cube = read_cube(lattice(tmp_path / "a.cube"))
    pixels = torch.tensor([[0.0, 0.5, 1.0], [0.5, 1.0, 0.5], [1.0, 0.0, 0.5]])[:, None]
    expected = torch.tensor([[1.0, 0.0, 0.5], [0.0, 0.5, 1.0], [0.25, 1.0, 0.25]])[:, None]
    torch.testing.assert_close(apply_cube(pixels, cube), expected)
    assert cube.describe() == "3x3x3"


def test_between_the_entries_it_is_trilinear_as_in_colour_science(
    tmp_path: Path, noise: torch.Generator
) -> None:
    import colour

    path = lattice(tmp_path / "a.cube", 5)
    pixels = torch.rand(3, 12, 11, generator=noise, dtype=torch.float64)
    table = colour.io.read_LUT_IridasCube(str(path))
    expected = table.apply(
        pixels.permute(1, 2, 0).numpy(), interpolator=colour.algebra.table_interpolation_trilinear
    )
    np.testing.assert_allclose(apply_cube(pixels, read_cube(path)).permute(1, 2, 0), expected, atol=1e-6)


def test_curves_go_in_straight_lines(tmp_path: Path) -> None:
    pixels = torch.tensor([0.25, 0.25, 0.75])[:, None, None]
    found = apply_cube(pixels, read_cube(curves(tmp_path / "a.cube")))
    torch.testing.assert_close(found.flatten(), torch.tensor([0.125, 0.25, 0.25]))


def test_the_domain_is_kept(tmp_path: Path) -> None:
    cube = read_cube(curves(tmp_path / "a.cube", "DOMAIN_MIN -1 0 0\nDOMAIN_MAX 1 2 4\n"))
    assert (cube.low, cube.high) == ((-1.0, 0.0, 0.0), (1.0, 2.0, 4.0))
    found = apply_cube(torch.tensor([0.0, 1.0, 4.0])[:, None, None], cube)
    torch.testing.assert_close(found.flatten(), torch.tensor([0.25, 0.5, 0.0]))


def test_beyond_the_domain_nothing_is_clipped(tmp_path: Path) -> None:
    cube = read_cube(lattice(tmp_path / "a.cube"))
    pixels = torch.tensor([3.0, 0.0, -0.5])[:, None, None]
    torch.testing.assert_close(apply_cube(pixels, cube).flatten(), torch.tensor([2.0, 1.0, -0.5]))
    assert share_outside(torch.tensor([[0.5, 2.0]] * 3)[:, None], cube) == 0.5


def test_nan_and_infinity_stay_what_they_are(tmp_path: Path) -> None:
    cube = read_cube(curves(tmp_path / "a.cube"))
    pixels = torch.tensor([[torch.nan, 0.5], [0.5, torch.inf], [0.5, 0.5]])[:, None]
    found = apply_cube(pixels, cube)
    assert found[0, 0, 0].isnan()
    assert found[1, 0, 1].isinf()
    assert found[2].isfinite().all()


@pytest.mark.parametrize("text", ["", "LUT_3D_SIZE 2\n0 0 0\n", "LUT_1D_SIZE 2\n0 0 0\nnan 1 1\n", "words\n"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.cube"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"bad\.cube"):
        read_cube(path)


def test_the_stage_says_what_lay_outside_and_a_missing_table_is_a_mistake_of_the_recipe(
    tmp_path: Path,
) -> None:
    path = lattice(tmp_path / "look.cube")
    frame = Frame(
        source=Path("x"), pixels=torch.full((3, 2, 2), 2.0), space=Space.CAMERA_RGB, camera=Camera()
    )
    done = ColourStage(Colour(working_space="sRGB", lut=str(path)))(frame)
    assert done.notes[-1] == (
        "table look.cube (3x3x3) in linear sRGB; 100.00% of the pixels are outside its domain and go on beyond its "
        "ends unchanged"
    )
    torch.testing.assert_close(done.image(), torch.full((3, 2, 2), 2.0))
    with pytest.raises(RecipeError, match="is not there"):
        ColourStage(Colour(lut=str(tmp_path / "none.cube")))
