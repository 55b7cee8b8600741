"""A DNG's own colour tags."""

import pytest

from unveil.isp.dng.tags import read_dng_facts
from unveil.isp.metadata.ifd import TagValues, TiffTags

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
WARM = (0.9, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.5)
NAN = float("nan")
VERSION: TagValues = (1, 4, 0, 0)


def test_a_file_without_version_is_no_dng() -> None:
    assert read_dng_facts(TiffTags(main={271: (b"Canon\0",)})) is None


def test_matrices_are_sorted_with_the_coldest_light_last() -> None:
    facts = read_dng_facts(
        TiffTags(main={50706: VERSION, 50721: IDENTITY, 50778: (21,), 50722: WARM, 50779: (17,)})
    )
    assert facts is not None
    assert [temperature for temperature, _ in facts.xyz_to_camera] == [2856.0, 6504.0]
    assert facts.xyz_to_camera[0][1][2] == (0.0, 0.0, 0.5)
    assert facts.notes == ()


def test_balance_and_calibration_are_in_the_matrix() -> None:
    calibration = (0.5, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    main = {50706: VERSION, 50721: IDENTITY, 50778: (21,), 50723: calibration, 50727: (3.0, 1.0, 2.0)}
    facts = read_dng_facts(TiffTags(main=main))
    assert facts is not None
    assert facts.xyz_to_camera[0][1] == ((1.5, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 2.0))


def test_an_unknown_illuminant_is_taken_as_daylight_and_said() -> None:
    facts = read_dng_facts(TiffTags(main={50706: VERSION, 50721: IDENTITY, 50778: (0,)}))
    assert facts is not None
    assert facts.xyz_to_camera[0][0] == 6504.0
    assert facts.notes == ("a colour matrix of the DNG names no known illuminant: taken as D65",)


@pytest.mark.parametrize("neutral", [(), (0.0, 1.0, 1.0), (NAN, 1.0, 1.0), (1.0, 1.0)])
def test_an_unusable_neutral_is_none(neutral: TagValues) -> None:
    facts = read_dng_facts(TiffTags(main={50706: VERSION, 50728: neutral}))
    assert facts is not None
    assert facts.neutral is None


def test_a_baseline_exposure_of_nothing_over_nothing_is_zero() -> None:
    facts = read_dng_facts(TiffTags(main={50706: VERSION, 50730: (NAN,)}))
    assert facts is not None
    assert facts.baseline_exposure == 0.0


def test_levels_come_from_the_raw_directory_and_not_the_preview() -> None:
    raw = {262: (32803,), 50713: (1, 2), 50714: (60, 70), 50829: (8, 16, 100, 100)}
    facts = read_dng_facts(TiffTags(main={50706: VERSION, 262: (2,)}, subs=({262: (6,)}, raw)))
    assert facts is not None
    assert facts.levels.black == (((60.0, 70.0),),)
    assert facts.levels.origin == (8, 16)
