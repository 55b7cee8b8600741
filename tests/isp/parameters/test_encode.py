"""What `encode` takes, and what it refuses while the recipe is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from unveil.isp.encode.naming import output_name
from unveil.isp.parameters import Encode
from unveil.pipeline.naming import Naming


@pytest.mark.parametrize(
    ("format_", "bits", "suffix"),
    [
        ("tiff", 16, ".tif"),
        ("png", 16, ".png"),
        ("jpeg", 8, ".jpg"),
        ("jxl", 16, ".jxl"),
        ("avif", 10, ".avif"),
        ("exr", 16, ".exr"),
        ("dng", 16, ".dng"),
        ("xmp", 0, ".xmp"),
    ],
)
def test_every_format_has_its_depth_and_suffix(format_: str, bits: int, suffix: str) -> None:
    parameters = Encode.model_validate({"format": format_})
    assert (parameters.bits, output_name(parameters, Naming(stem="a"))) == (bits, f"a{suffix}")


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (
            {"format": "jpeg", "depth": 16},
            "depth 16 is not possible in a jpeg: use depth 8, or format tiff or png",
        ),
        ({"format": "png", "depth": 12}, "depth 12 is not possible in a png: use depth 8 or 16"),
        ({"format": "avif", "depth": 16}, "depth 16 is not possible in an avif: use depth 8, 10 or 12"),
        ({"format": "exr", "depth": 8}, "depth 8 is not possible in an exr: use depth 16 or 32"),
        ({"format": "png", "progressive": True}, "progressive is not possible in a png: use format jpeg"),
        (
            {"format": "jxl", "subsampling": 420},
            "subsampling is not possible in a jxl: use format jpeg or avif",
        ),
        ({"format": "dng", "icc": "sRGB"}, "icc 'sRGB' is not possible in a dng, which holds linear light"),
        (
            {"format": "exr", "icc": "a.icc"},
            "icc 'a.icc' is not possible in an exr, which holds linear light",
        ),
        ({"format": "exr", "icc": "none"}, "icc 'none' is not possible in an exr"),
        ({"format": "jxl", "icc": "eciRGB v2"}, "icc 'eciRGB v2' is not possible in a lossy jxl"),
        (
            {"format": "jxl", "icc": "paper.icc", "quality": 99},
            "icc 'paper.icc' is not possible in a lossy jxl",
        ),
        ({"format": "xmp", "depth": 16}, "depth is not possible in an xmp, which holds no picture"),
        ({"format": "xmp", "layer": "reflection"}, "layer is not possible in an xmp"),
        ({"format": "xmp", "icc": "sRGB"}, "icc 'sRGB' is not possible in an xmp"),
        ({"icc": "CMYK"}, "no profile 'CMYK'; allowed: embed, none, sRGB"),
        ({"intent": "perceptual"}, "name a profile under `icc`"),
        ({"icc": "none", "black_point_compensation": False}, "name a profile under `icc`"),
        ({"format": "avif", "quality": 100, "subsampling": 420}, "quality 100 is lossless in an avif"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(parameters: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as failure:
        Encode.model_validate(parameters)
    assert sentence in str(failure.value)


def test_parameters_spelled_out_are_taken_again() -> None:
    for given in (
        {},
        {"format": "exr"},
        {"icc": "x.icm", "intent": "perceptual"},
        {"format": "jpeg", "progressive": True},
    ):
        parameters = Encode.model_validate(given)
        assert Encode.model_validate(parameters.model_dump()) == parameters


def test_a_path_in_any_spelling_is_a_profile_file() -> None:
    assert Encode(icc="profiles/Paper.ICC").profile_file == "profiles/Paper.ICC"
    assert Encode(icc="sRGB").profile_file is None
    assert not Encode(icc="none").converts
