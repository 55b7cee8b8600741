"""Evaluation: figures that can be told in advance, pairs that count, folders that are not pairs."""

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from unveil.cli import main
from unveil.pipeline.errors import FrameError, RecipeError
from unveil.pipeline.frame import Frame
from unveil.training.asked import Wishes
from unveil.training.evaluate import evaluate_sets, leave_out, made
from unveil.training.figures import Sizing
from unveil.training.protocols import find_sets
from unveil.training.scores import EvaluationReport


def write(path: Path, value: int, size: tuple[int, int] = (24, 32)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))


def pair(folder: Path, name: str, blended: int, truth: int) -> None:
    write(folder / f"blended/{name}.png", blended)
    write(folder / f"transmission/{name}.png", truth)


def same(frame: Frame) -> Frame:
    return frame


def measure(
    folder: Path, names: tuple[str, ...] = (), with_unaligned: bool = False, sizing: Sizing | None = None
) -> EvaluationReport:
    sets, left_out = leave_out(find_sets(folder, None), names, with_unaligned)
    rows = evaluate_sets(sets, same, sizing or Sizing())
    return EvaluationReport(
        method="none", pairs=folder, sets=tuple(sets), rows=rows, left_out=left_out, resizing=""
    )


def test_stage_that_does_nothing_scores_as_the_input(tmp_path: Path) -> None:
    pair(tmp_path, "a", 153, 128)
    data = json.loads(json.dumps(measure(tmp_path).to_json()))
    expected = -20 * math.log10(25 / 255)
    assert data["mean"]["psnr"] == pytest.approx(expected, abs=1e-4)
    assert data["mean"]["gain"] == 0
    for name in ("psnr", "ssim", "delta_e", "psnr_exposed", "ssim_exposed", "delta_e_exposed"):
        assert data["mean"][f"input_{name}"] == data["mean"][name]
    assert data["mean"]["psnr_exposed"] > expected + 10
    assert 0 < data["mean"]["delta_e_exposed"] < 0.5 < data["mean"]["delta_e"]
    assert [row["name"] for row in data["rows"]] == ["a"]
    assert "lpips" not in data["mean"]


def test_answer_is_clipped_and_not_rounded(tmp_path: Path) -> None:
    pair(tmp_path, "a", 200, 255)

    def brighter(frame: Frame) -> Frame:
        return replace(frame, pixels=frame.image() + (54.6 / 255))

    row = evaluate_sets(find_sets(tmp_path, None), brighter, Sizing())[0]
    assert row.result.psnr == pytest.approx(-20 * math.log10(0.4 / 255), abs=0.05)


def test_equal_pictures_have_no_number_in_json(tmp_path: Path) -> None:
    pair(tmp_path, "a", 90, 90)
    data = json.loads(json.dumps(measure(tmp_path).to_json(), allow_nan=False))
    assert data["rows"][0]["psnr"] is None
    assert data["rows"][0]["delta_e"] == 0
    assert data["worst_gain"] == {"name": "a", "gain": 0}


def test_pair_of_two_sizes_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "blended/a.png", 100)
    write(tmp_path / "transmission/a.png", 100, (24, 30))
    with pytest.raises(FrameError, match=r"is 32 x 24, but .* is 30 x 24"):
        measure(tmp_path)


def test_pair_too_small_to_measure_is_refused(tmp_path: Path) -> None:
    for part in ("blended", "transmission"):
        write(tmp_path / part / "a.png", 100, (8, 30))
    with pytest.raises(FrameError, match=r"a\.png: cannot be measured: SSIM needs"):
        measure(tmp_path)
    with pytest.raises(FrameError, match=r"a side of \(8, 30\) is below 16 pixels"):
        measure(tmp_path, sizing=Sizing(multiple=16))


def test_pairs_can_be_left_out_by_name(tmp_path: Path) -> None:
    pair(tmp_path, "a", 153, 128)
    pair(tmp_path, "b", 200, 128)
    report = measure(tmp_path, ("a",))
    assert [row.name for row in report.rows] == ["b"]
    assert report.left_out == {"a": "asked for"}
    with pytest.raises(RecipeError, match="has no pair 'c' to leave out"):
        measure(tmp_path, ("c",))
    with pytest.raises(RecipeError, match="all of its pairs are left out"):
        measure(tmp_path, ("a", "b"))


def test_pairs_that_are_not_aligned_do_not_count_unless_asked_for(tmp_path: Path) -> None:
    pair(tmp_path, "a", 153, 128)
    pair(tmp_path, "b", 200, 128)
    (tmp_path / "unaligned.txt").write_text("b\n")
    report = measure(tmp_path)
    assert [row.name for row in report.rows] == ["a"]
    assert report.to_json()["left_out"] == {"b": "not aligned, says unaligned.txt"}
    assert [row.name for row in measure(tmp_path, with_unaligned=True).rows] == ["a", "b"]


def test_pictures_already_made_are_measured_by_their_stem(tmp_path: Path) -> None:
    pair(tmp_path, "a", 153, 128)
    write(tmp_path / "answers/a.jpg", 128)
    rows = evaluate_sets(find_sets(tmp_path, None), made(tmp_path / "answers", Sizing()), Sizing())
    assert rows[0].result.psnr > 40 > rows[0].input.psnr


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [("b.png", r"a\.png: no picture of this stem in"), ("a.png", r"is 30 x 24, but .* is 32 x 24")],
)
def test_pictures_that_are_no_answers_are_refused(tmp_path: Path, answer: str, sentence: str) -> None:
    pair(tmp_path, "a", 153, 128)
    write(tmp_path / "answers" / answer, 128, (24, 30))
    with pytest.raises(FrameError, match=sentence):
        evaluate_sets(find_sets(tmp_path, None), made(tmp_path / "answers", Sizing()), Sizing())


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "has no folder blended/"),
        (["blended/a.png"], "has no folder transmission/"),
        (["blended/a.png", "transmission/b.png"], "no picture of this stem"),
        (["blended/a.txt", "transmission/b.png"], "no pictures there"),
    ],
)
def test_folder_that_is_not_of_pairs_is_refused(tmp_path: Path, files: list[str], sentence: str) -> None:
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".png":
            write(path, 100)
        else:
            path.write_text("x")
    with pytest.raises(RecipeError, match=sentence):
        measure(tmp_path)


def test_one_command_gives_the_published_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair(tmp_path / "real20", "a", 153, 128)
    pair(tmp_path / "real20", "b", 140, 128)
    answers = str(tmp_path / "real20/transmission")
    arguments = ["evaluate", "--pictures", answers, "--pairs", str(tmp_path), "--protocol", "real20"]
    assert main([*arguments, "--json", str(tmp_path / "figures.json")]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split()[:4] == ["pair", "input", "PSNR", "PSNR"]
    assert any(line.startswith("mean of real20, 2 pairs") for line in lines)
    assert any("Location-aware" in line and "23.34" in line for line in lines)
    assert "2 pairs are measured, published means are of 20" in err
    data = json.loads((tmp_path / "figures.json").read_text())
    assert data["sets"]["real20"]["published"][0]["psnr"] == 21.86
    assert data["protocol"]["resizing"].startswith("both pictures at their own size, then sides shrunk")
    assert main([*arguments, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == data


def test_a_method_or_pictures_are_asked_for_and_not_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair(tmp_path, "a", 153, 128)
    assert Wishes(pairs=tmp_path).method is None
    for more in ([], ["--method", "unveilnet", "--pictures", str(tmp_path)]):
        assert main(["evaluate", "--pairs", str(tmp_path), *more]) == 2
        assert "give either --method or --pictures" in capsys.readouterr().err


def test_a_method_runs_through_the_stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for part, value in (("blended", 153), ("transmission", 128)):
        write(tmp_path / part / "a.png", value, (64, 96))
    arguments = ["evaluate", "--method", "unveilnet", "--pairs", str(tmp_path), "--device", "cpu"]
    assert main([*arguments, "--json", "-"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["method"] == "unveilnet"
    assert data["mean"]["psnr"] != data["mean"]["input_psnr"]


def test_json_that_cannot_be_written_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair(tmp_path, "a", 153, 128)
    (tmp_path / "file").write_text("x")
    answers = str(tmp_path / "transmission")
    status = main(
        ["evaluate", "--pictures", answers, "--pairs", str(tmp_path), "--json", str(tmp_path / "file/x.json")]
    )
    assert status == 3
    assert "cannot be written" in capsys.readouterr().err


def test_the_released_pictures_of_ibcln_score_as_measured_before(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_data / "reflection/nature20"
    names = [p.stem for p in (folder / "blended").iterdir() if p.stem != "3_1"]
    arguments = [part for name in names for part in ("--leave-out", name)]
    answers = str(folder / "ibcln_output")
    assert main(["evaluate", "--pictures", answers, "--pairs", str(folder), *arguments, "--json", "-"]) == 0
    found = {row["name"]: row["psnr"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert found == pytest.approx({"3_1": 21.76}, abs=0.01)


def test_the_manifest_says_which_pairs_are_not_aligned(shared_data: Path) -> None:
    sets, left_out = leave_out(find_sets(shared_data / "reflection/real20", "real20"), ())
    assert left_out == {"86": "not aligned, says MANIFEST.json"}
    assert len(sets[0].pairs) == 9
