"""Tables of DNG profiles: hue, saturation and value."""

import numpy as np
import pytest
import torch

from unveil.isp.colour.colorimetry import colour_science
from unveil.isp.colour.tables import apply_table, table_at
from unveil.pipeline.profile import ColourTable


def table(
    shift: float, saturation: float, value: float, shape: tuple[int, int, int] = (1, 6, 4)
) -> ColourTable:
    """The same change everywhere."""
    count = shape[0] * shape[1] * shape[2]
    return ColourTable(shape=shape, entries=(shift, saturation, value) * count)


@pytest.mark.parametrize("shape", [(1, 6, 4), (3, 5, 2), (16, 36, 8)])
def test_a_table_that_changes_nothing_is_identity(
    shape: tuple[int, int, int], noise: torch.Generator
) -> None:
    pixels = 3 * torch.rand(3, 8, 9, generator=noise) - 0.3
    torch.testing.assert_close(apply_table(pixels, table(0, 1, 1, shape)), pixels, atol=1e-6, rtol=1e-5)


def test_a_third_of_the_circle_turns_red_into_green() -> None:
    red = torch.tensor([0.8, 0.2, 0.2])[:, None, None]
    torch.testing.assert_close(apply_table(red, table(120, 1, 1)).flatten(), torch.tensor([0.2, 0.8, 0.2]))
    torch.testing.assert_close(apply_table(red, table(-120, 1, 1)).flatten(), torch.tensor([0.2, 0.2, 0.8]))


def test_saturation_and_value_are_those_of_colour_science(noise: torch.Generator) -> None:
    pixels = torch.rand(3, 10, 10, generator=noise, dtype=torch.float64)
    hsv = colour_science().RGB_to_HSV(pixels.permute(1, 2, 0).numpy())
    expected = colour_science().HSV_to_RGB(hsv * (1, 0.6, 0.9))
    found = apply_table(pixels, table(0, 0.6, 0.9)).permute(1, 2, 0)
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_between_entries_it_goes_in_straight_lines_and_around_the_circle() -> None:
    entries = [(0.0, 1.0, 1.0)] * 8
    entries[3 * 2 + 1] = (40.0, 1.0, 1.0)  # hue 270 degrees, saturation 1
    turned = ColourTable(shape=(1, 4, 2), entries=tuple(value for entry in entries for value in entry))
    pixel = torch.tensor(colour_science().HSV_to_RGB([315 / 360, 1.0, 0.5]))[:, None, None]
    hue = colour_science().RGB_to_HSV(apply_table(pixel, turned).flatten().numpy())[0] * 360
    assert hue == pytest.approx(315 + 20, abs=1e-4)


def test_a_saturation_up_to_one_is_not_raised_above_one() -> None:
    pixel = torch.tensor([0.8, 0.1, 0.2])[:, None, None]
    assert float(apply_table(pixel, table(0, 3, 1)).min()) == pytest.approx(0.0, abs=1e-7)


def test_the_value_axis_may_be_srgb_encoded() -> None:
    entries = (0.0, 1.0, 1.0, 0.0, 1.0, 2.0)
    grey = torch.full((3, 1, 1), 0.21404114)  # sRGB 0.5
    linear = apply_table(grey, ColourTable(shape=(2, 1, 1), entries=entries))
    encoded = apply_table(grey, ColourTable(shape=(2, 1, 1), entries=entries, srgb=True))
    torch.testing.assert_close(linear, grey * 1.21404114)
    torch.testing.assert_close(encoded, grey * 1.5, atol=1e-6, rtol=0)


def test_with_a_flat_table_the_scale_of_light_does_not_matter(noise: torch.Generator) -> None:
    pixels = torch.rand(3, 6, 6, generator=noise)
    torch.testing.assert_close(
        apply_table(pixels * 7, table(20, 0.8, 1.1)), apply_table(pixels, table(20, 0.8, 1.1)) * 7
    )


def test_black_negative_and_not_finite_pixels_stay() -> None:
    pixels = torch.tensor([[0.0, -0.2, torch.nan, torch.inf], [0.0, -0.1, 0.5, 1.0], [0.0, -0.3, 0.5, 0.5]])[
        :, None
    ]
    found = apply_table(pixels, table(30, 0.5, 2))
    torch.testing.assert_close(found[..., :2], pixels[..., :2])
    assert found[0, 0, 2].isnan()
    assert found[0, 0, 3].isinf()


def test_tables_are_mixed_in_reciprocal_kelvin() -> None:
    tables = ((2856.0, table(10, 1, 1)), (6504.0, table(20, 2, 1)))
    halfway = table_at(tables, 2 / (1 / 2856 + 1 / 6504))
    assert halfway.entries[:3] == pytest.approx((15, 1.5, 1))
    assert table_at(tables, 9000).entries == tables[1][1].entries
