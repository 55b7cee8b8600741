"""Facts of a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from unveil.pipeline.errors import FrameError, RecipeError
from unveil.pipeline.inspect import inspect, plain, rows
from unveil.pipeline.registry import build_registry


def test_a_dng_tells_its_sensor(make_dng: Callable[..., Path]) -> None:
    samples = np.random.default_rng(1).integers(100, 4000, (64, 96), dtype=np.uint16)
    source = make_dng(samples, cfa=((1, 2), (0, 1)))
    found = inspect(source, build_registry())
    expected = {
        "file": str(source),
        "make": "Testmaker",
        "model": "Model T",
        "width": 96,
        "height": 64,
        "space": "cfa",
        "cfa": ["GB", "RG"],
        "matrix_source": "dng",
        "orientation": 1,
    }
    assert {key: found[key] for key in expected} == expected
    assert found["white_balance"] == pytest.approx((2.0, 1.0, 1.25), rel=1e-3)
    json.dumps(found, allow_nan=False)


def test_what_is_saturated_cropped_and_said_beside_the_file_is_told(make_dng: Callable[..., Path]) -> None:
    samples = np.random.default_rng(1).integers(100, 3000, (64, 96), dtype=np.uint16)
    samples[:16] = 4095
    tags = [(50717, 4, 1, 4095), (50719, 4, 2, (3, 5)), (50720, 4, 2, (80, 50))]
    source = make_dng(samples, cfa=((1, 2), (0, 1)), tags=tags)
    source.with_suffix(".xmp").write_text(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" '
        'xmp:Rating="4" xmp:Label="Green" crs:Temperature="4800" crs:Tint="3"/></rdf:RDF>'
    )
    found = inspect(source, build_registry())
    told = {
        key: found[key] for key in ("crop", "clipped", "side_temperature", "side_balance", "rating", "label")
    }
    assert told == {
        "crop": (5, 3, 50, 80),
        "clipped": 0.25,
        "side_temperature": (4800.0, 3.0),
        "side_balance": None,
        "rating": 4,
        "label": "Green",
    }
    assert "made.xmp: rating 4, label Green, white balance 4800 K, tint 3" in found["notes"]


def test_a_finished_picture_has_no_sensor(picture: Callable[..., Path]) -> None:
    found = inspect(picture(), build_registry())
    assert (found["space"], found["primaries"], found["curve"]) == ("display-rgb", "sRGB", "srgb")
    assert (found["cfa"], found["black"], found["white"], found["clipped"]) == (None, None, None, None)


def test_rows_leave_out_what_is_unknown(picture: Callable[..., Path]) -> None:
    table = dict(rows(inspect(picture(), build_registry())))
    assert table["width"] == "32"
    assert "make" not in table
    assert "finished picture" in table["note"] or "metadata" in table["note"]


def test_a_broken_file_is_told_with_its_name(tmp_path: Path) -> None:
    source = tmp_path / "broken.NEF"
    source.write_text("text")
    with pytest.raises(FrameError, match=r"broken\.NEF: "):
        inspect(source, build_registry())


def test_a_missing_file_is_an_argument_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"missing\.NEF: no such file"):
        inspect(tmp_path / "missing.NEF", build_registry())


def test_values_of_tags_become_json() -> None:
    value = (Fraction(1, 4), b"\x01\xff", float("nan"), True, None, [3, "a"], Path("x"))
    assert plain(value) == [0.25, "01 ff", None, True, None, [3, "a"], "x"]


@pytest.mark.shared
def test_real_cameras_are_told_apart(shared_data: Path) -> None:
    registry = build_registry()
    found = inspect(shared_data / "raw/canon_eos_d30.crw", registry)
    assert (found["model"], found["cfa"], found["matrix_source"]) == ("Canon EOS D30", ["RG", "GB"], "libraw")
    xtrans = inspect(shared_data / "raw/synthetic_xtrans_a.dng", registry)
    assert xtrans["cfa"][0] == "GGRGGB"


def test_what_the_stages_would_choose_is_told() -> None:
    sample = Path(__file__).parents[2] / "samples" / "otters.dng"
    found = inspect(sample, build_registry())
    assert [words.split(":")[0] for words in found["chosen"]] == ["linearize", "colour", "colour"]
    assert "colour: white balance 2.050 1.000 1.550" in found["chosen"]
    assert ("chosen", "colour: white balance 2.050 1.000 1.550") in rows(found)
