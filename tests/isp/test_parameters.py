"""What recipes may ask of the camera stages."""

import pytest
from pydantic import ValidationError

from unveil.isp.encode.naming import output_name
from unveil.isp.parameters import Colour, Encode
from unveil.pipeline.naming import Naming


@pytest.mark.parametrize(
    "name", ["{stem}", "proof/{stem}", "a/b/{stem}_x", "fixed", "Österreich {stem}", "..a/{stem}"]
)
def test_names_below_the_folder_are_allowed(name: str) -> None:
    assert output_name(Encode(name=name), Naming(stem="IMG_1")) == name.replace("{stem}", "IMG_1") + ".tif"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/tmp/{stem}", "not an absolute one"),
        ("../{stem}", "'..'"),
        ("a/../../{stem}", "'..'"),
        ("a//{stem}", "empty parts"),
        ("{stem}/", "empty parts"),
        ("./{stem}", "'.'"),
        ("C:{stem}", "':' cannot stand in a file name"),
        ("a\\{stem}", "cannot stand in a file name"),
        ("{stem}?", "'?' cannot stand in a file name"),
        ("{stem}\0", "cannot stand in a file name"),
        ("{stme}", "no token {stme}; allowed: {stem}, {parent}, {sequence}"),
        ("{}", "{} is no token"),
        ("{stem.__class__}", "{stem.__class__} is no token"),
        ("{stem:>10}", "a form that there is not"),
        ("{sequence:>9}", "a form that there is not"),
        ("{date:%Y/%m}", "a form that there is not"),
        ("{date:%H}", "a form that there is not"),
        ("{parent}/../{stem}", "'..'"),
        ("{stem!r}", "{stem} is no token"),
        ("{stem", "a brace in it is not closed"),
        ("", "at least 1 character"),
    ],
)
def test_other_names_are_refused_with_the_reason(name: str, words: str) -> None:
    with pytest.raises(ValidationError) as failure:
        Encode(name=name)
    assert words in str(failure.value)


def test_a_stem_with_braces_is_taken_as_it_is() -> None:
    assert output_name(Encode(format="jpeg"), Naming(stem="{odd}")) == "{odd}.jpg"


def test_sixteen_bits_in_a_jpeg_are_refused() -> None:
    with pytest.raises(ValidationError, match="depth 16 is not possible in a jpeg"):
        Encode(format="jpeg", depth=16)
    assert Encode(format="jpeg", depth=8).depth == 8


@pytest.mark.parametrize(
    "multipliers", [(0, 1, 1), (1, -1, 1), (1, 1, float("inf")), (1, 1, float("nan")), (1, 1)]
)
def test_impossible_multipliers_are_refused(multipliers: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        Colour.model_validate({"white_balance": multipliers})


@pytest.mark.parametrize("more", [{"depth": 8}, {"fit": 2048}])
def test_a_dng_keeps_the_sensors_depth_and_size(more: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match=f"{next(iter(more))}.* is not possible in a dng"):
        Encode.model_validate({"format": "dng", **more})
    assert output_name(Encode(format="dng", depth=16), Naming(stem="IMG_1")) == "IMG_1.dng"
