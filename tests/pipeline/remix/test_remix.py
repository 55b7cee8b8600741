"""Runs with records, mixed again: strengths, masks, sources that moved, and no network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Container
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from safetensors.torch import save_file

from unveil.cli import main
from unveil.pipeline.ledger import Ledger, read_ledger
from unveil.pipeline.registry import DEFAULT_PLUGINS, build_registry
from unveil.pipeline.remix.record import read_facts
from unveil.pipeline.results import FrameResult
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.store import import_weights

Captured = pytest.CaptureFixture[str]
RECIPE = """\
unveil: 1
name: mixed
stages:
  - decode
  - linearize
  - separate: {method: ibcln, scale: 64, record: "layers/{stem}", keep: [reflection]}
  - demosaic: {algorithm: superpixel}
  - colour: {working_space: sRGB}
  - tone: {exposure: 0}
  - encode: {format: tiff, name: "{stem}_clean"}
  - encode: {format: tiff, depth: 32, layer: reflection, name: "{stem}_reflection"}
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with weights, made from names, for the small variant of ibcln."""
    folder = tmp_path_factory.mktemp("weights")
    spec = build_registry(DEFAULT_PLUGINS).networks["ibcln"]
    network = spec.network("small")
    fill(network)
    save_file({key: t.clone() for key, t in network.state_dict().items()}, folder / "made.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNVEIL_WEIGHTS", str(folder / "store"))
        import_weights(spec, "small", [folder / "made.safetensors"])
    return folder / "store"


def develop(folder: Path, weights: Path) -> None:
    """Send two pictures through the recipe into `out`."""
    (folder / "mixed.yaml").write_text(RECIPE)
    for name, seed in (("a.png", 1), ("b.png", 2)):
        coarse = np.random.default_rng(seed).integers(20, 220, (6, 8, 3), dtype=np.uint8)
        (folder / name).write_bytes(imagecodecs.png_encode(coarse.repeat(10, 0).repeat(10, 1)))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("UNVEIL_WEIGHTS", str(weights))
        run = ["run", "mixed.yaml", "a.png", "b.png", "-o", "out", "--device", "cpu", "--jobs", "0"]
        assert main(run) == 0


@pytest.fixture(scope="module")
def developed(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    folder = tmp_path_factory.mktemp("developed")
    develop(folder, weights)
    return folder


@pytest.fixture
def shoot(developed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run, not to be changed. The working folder sees its files; the weights are gone."""
    for name in ("a.png", "b.png", "mixed.yaml"):
        shutil.copy(developed / name, tmp_path)
    shutil.copytree(developed / "out", tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "gone"))
    return developed


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path) -> Path:
    """The working folder, with a run of its own in it; the weights are gone."""
    develop(tmp_path, weights)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "gone"))
    return tmp_path


def remix(*arguments: str, jobs: int = 0) -> int:
    return main(["remix", *arguments, "--device", "cpu", "--jobs", str(jobs)])


def picture(path: str) -> np.ndarray:
    return np.asarray(tifffile.imread(path)).astype(float)


def test_the_same_strength_gives_the_same_files(shoot: Path) -> None:
    assert remix("out/layers/a.unveil", "-o", "again") == 0
    for name in ("a_clean.tif", "a_reflection.tif"):
        assert Path("again", name).read_bytes() == Path("out", name).read_bytes()


def test_the_run_itself_needs_the_network(shoot: Path, capsys: Captured) -> None:
    run = ["run", "mixed.yaml", "a.png", "-o", "anew", "--device", "cpu", "--jobs", "0"]
    assert main([*run, "--set", "separate.variant=full"]) == 3
    assert "no weights of 'ibcln'" in capsys.readouterr().err


def test_strength_0_is_the_recipe_without_separation(shoot: Path) -> None:
    bare = [line for line in RECIPE.splitlines() if "separate" not in line and "layer:" not in line]
    Path("bare.yaml").write_text("\n".join(bare))
    assert main(["run", "bare.yaml", "a.png", "-o", "bare", "--device", "cpu", "--jobs", "0"]) == 0
    assert remix("out/layers/a.unveil", "--strength", "0", "-o", "none") == 0
    assert np.array_equal(picture("none/a_clean.tif"), picture("bare/a_clean.tif"))
    assert not np.array_equal(picture("out/a_clean.tif"), picture("bare/a_clean.tif"))


def test_half_the_strength_takes_half_the_light(shoot: Path) -> None:
    for name, strength in (("none", "0"), ("half", "0.5")):
        assert (
            remix("out/layers/a.unveil", "--strength", strength, "-o", name, "--set", "tone.curve=linear")
            == 0
        )
    assert remix("out/layers/a.unveil", "-o", "whole", "--set", "tone.curve=linear") == 0
    none, half, whole = (picture(f"{name}/a_clean.tif") for name in ("none", "half", "whole"))
    assert np.abs((none + whole) / 2 - half).max() <= 1
    assert np.abs(none - whole).max() > 1000


def test_a_mask_limits_the_effect(shoot: Path) -> None:
    mask = np.zeros((60, 80), np.uint8)
    mask[:, :40] = 255
    Path("m.png").write_bytes(imagecodecs.png_encode(mask))
    assert remix("out/layers/a.unveil", "--mask", "m.png", "-o", "masked") == 0
    assert remix("out/layers/a.unveil", "--strength", "0", "-o", "none") == 0
    masked, whole, none = (picture(f"{name}/a_clean.tif") for name in ("masked", "out", "none"))
    assert np.array_equal(masked[:, 44:], none[:, 44:])
    assert np.abs(masked[:, :36] - whole[:, :36]).max() <= 1


def test_a_result_stands_for_its_record(shoot: Path) -> None:
    assert remix("out/b_reflection.tif", "-o", "again") == 0
    assert Path("again/b_clean.tif").read_bytes() == Path("out/b_clean.tif").read_bytes()
    assert not Path("again/a_clean.tif").exists()


def test_a_folder_stands_for_the_records_in_it_and_frames_are_told_as_in_a_run(
    shoot: Path, capsys: Captured
) -> None:
    capsys.readouterr()
    assert remix("out/layers", "-o", "again", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["begin", "frame", "frame", "end"]
    assert [Path(event["source"]).name for event in events[1:3]] == ["a.png", "b.png"]
    assert events[-1]["done"] == 2


def test_worker_processes_mix_as_this_one_does(fresh: Path, capsys: Captured) -> None:
    for name in ("c", "d"):
        data = Path("out/layers/b.unveil").read_bytes().replace(b"/b.png", f"/{name}.png".encode())
        Path(f"out/layers/{name}.unveil").write_bytes(data)
    Path("c.png").write_bytes(b"no longer the picture")
    Path("d.png").write_bytes(Path("b.png").read_bytes())
    assert remix("out/layers", "-o", "here", "--strength", "0.5") == 1
    Path("there").mkdir()
    Path("there/d_clean.tif").write_bytes(b"done before")
    capsys.readouterr()
    assert remix("out/layers", "-o", "there", "--strength", "0.5", "--json", jobs=2) == 1
    _, *frames, end = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    statuses = {Path(frame["source"]).name: frame["status"] for frame in frames}
    assert statuses == {"a.png": "done", "b.png": "done", "c.png": "failed", "d.png": "skipped"}
    assert (end["done"], end["failed"], end["skipped"]) == (2, 1, 1)
    for name in ("a_clean.tif", "a_reflection.tif", "b_clean.tif", "layers/a.unveil"):
        assert Path("there", name).read_bytes() == Path("here", name).read_bytes()
    assert set(read_ledger(Path("there"))) == {str(fresh / f"{name}.png") for name in "abcd"}


def test_results_can_be_mixed_once_more(shoot: Path) -> None:
    assert remix("out/a_clean.tif", "--strength", "0.3", "-o", "less") == 0
    ledger = read_ledger(Path("less"))[str(shoot / "a.png")]
    assert [written.role for written in ledger.outputs] == ["record", "transmission", "reflection"]
    assert "strength: 0.3" in read_facts(Path("less/layers/a.unveil")).recipe
    assert remix("less/a_clean.tif", "--strength", "1", "-o", "more") == 0
    assert Path("more/a_clean.tif").read_bytes() == Path("out/a_clean.tif").read_bytes()


def test_what_is_there_is_skipped_unless_it_may_be_replaced(shoot: Path) -> None:
    before = Path("out/a_clean.tif").read_bytes()
    assert remix("out/a_clean.tif", "--strength", "0", "-o", "out") == 0
    assert Path("out/a_clean.tif").read_bytes() == before
    assert remix("out/a_clean.tif", "--strength", "0", "-o", "out", "--overwrite") == 0
    assert Path("out/a_clean.tif").read_bytes() != before
    assert not list(Path("out").rglob(".*.part-*"))


def test_a_source_that_moved_is_said_and_can_be_found(fresh: Path, capsys: Captured) -> None:
    Path("archive").mkdir()
    Path("a.png").rename("archive/a.png")
    capsys.readouterr()
    assert remix("out/layers", "-o", "again") == 1
    out, err = capsys.readouterr()
    assert (
        f"failed  {fresh}/a.png: the source of {fresh}/out/layers/a.unveil is not there; "
        "say where it is now with --source"
    ) in out
    assert "2 frames: 1 done, 1 failed" in err
    assert remix("out/layers/a.unveil", "-o", "again", "--source", "archive") == 0
    assert remix("out/layers/a.unveil", "-o", "file", "--source", "archive/a.png") == 0
    assert Path("again/a_clean.tif").read_bytes() == Path("out/a_clean.tif").read_bytes()


def test_a_source_that_changed_is_said(fresh: Path, capsys: Captured) -> None:
    Path("a.png").write_bytes(Path("b.png").read_bytes())
    assert remix("out/layers/a.unveil", "-o", "again") == 1
    assert f"{fresh}/a.png: is not the file, or no longer, that" in capsys.readouterr().out
    assert not list(Path("again").rglob("*.tif"))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("separate.scale=128", "'separate.scale' decides what is found, and a remix finds nothing anew"),
        ("linearize.highlights=keep", "'linearize.highlights' decides what is found"),
        ("separate.keep=[residual, reflection]", "its residual was not recorded"),
        ("separate.strength=3", "allowed: a number from -1 to 2"),
        ("tone.curve=sgrb", "did you mean 'srgb'?"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_any_work(
    shoot: Path, capsys: Captured, setting: str, sentence: str
) -> None:
    assert remix("out/layers/a.unveil", "-o", "again", "--set", setting) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("again").exists()


def no_ledger() -> str:
    Path("alone").mkdir()
    return shutil.copy("out/a_clean.tif", "alone")


def unknown() -> str:
    return shutil.copy("out/a_clean.tif", "out/c.tif")


def broken() -> str:
    data = Path("out/layers/a.unveil").read_bytes()
    Path("half.unveil").write_bytes(data[: len(data) // 2])
    return "half.unveil"


def text() -> str:
    Path("text.unveil").write_text("this is text")
    return "text.unveil"


def twice() -> str:
    shutil.copy("out/layers/a.unveil", "out/layers/c.unveil")
    return "out/layers"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (lambda: "nothing.unveil", "nothing.unveil: no such file or folder"),
        (lambda: "out", "out: no records (.unveil) directly in this folder"),
        (
            no_ledger,
            "neither a record (.unveil) nor a result of a run: no ledger.sqlite stands in its folder",
        ),
        (unknown, "ledger.sqlite does not know this file; give its record"),
        (broken, "half.unveil: not a whole record"),
        (text, "text.unveil: not a whole record"),
        (twice, "would both write layers/a.unveil; mix them into folders of their own"),
    ],
)
def test_what_cannot_be_mixed_is_refused_in_one_sentence(
    shoot: Path, capsys: Captured, given: Callable[[], str], sentence: str
) -> None:
    argument = given()
    capsys.readouterr()
    assert remix(argument, "-o", "again") == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_a_result_without_a_record_says_how_to_keep_one(shoot: Path, capsys: Captured) -> None:
    bare = [line for line in RECIPE.splitlines() if "separate" not in line and "layer:" not in line]
    Path("bare.yaml").write_text("\n".join(bare))
    assert main(["run", "bare.yaml", "a.png", "-o", "bare", "--device", "cpu", "--jobs", "0"]) == 0
    assert remix("bare/a_clean.tif", "-o", "again") == 2
    assert "run the recipe anew with --set 'separate.record=layers/{stem}'" in capsys.readouterr().err


def test_one_source_file_serves_one_record(shoot: Path, capsys: Captured) -> None:
    assert remix("out/layers", "-o", "again", "--source", "a.png") == 2
    assert "--source a.png: there are 2 records; give a folder" in capsys.readouterr().err


def test_raw_files_are_mixed_again_bit_for_bit(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the mosaic of a real RAW file, with the network that comes with the package."""
    monkeypatch.chdir(tmp_path)
    recipe = RECIPE.replace("method: ibcln, scale: 64, ", "").replace("depth: 32, ", "")
    Path("mixed.yaml").write_text(recipe)
    source = str(shared_data / "raw/canon_eos_d30.crw")
    assert main(["run", "mixed.yaml", source, "-o", "out", "--device", "cpu", "--jobs", "0"]) == 0
    assert remix("out/canon_eos_d30_clean.tif", "-o", "again") == 0
    clean = Path("out/canon_eos_d30_clean.tif").read_bytes()
    assert Path("again/canon_eos_d30_clean.tif").read_bytes() == clean


def test_a_mix_that_ends_before_it_is_recorded_is_known_all_the_same(
    shoot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, calls = Ledger.add, iter([True])

    def interrupted(self: Ledger, result: FrameResult, current: Container[str] = ()) -> None:
        if next(calls, False):
            raise KeyboardInterrupt
        add(self, result, current)

    monkeypatch.setattr(Ledger, "add", interrupted)
    assert main(["remix", "out/layers/a.unveil", "-o", "half", "--strength", "0.5", "--jobs", "0"]) == 130
    (result,) = read_ledger(Path("half")).values()
    assert {written.path for written in result.outputs} >= {"a_clean.tif", "a_reflection.tif"}
    assert not Path("half/.unveil-receipts").exists()


def test_a_mix_into_the_folder_of_the_run_leaves_its_other_files_in_the_ledger(shoot: Path) -> None:
    name = "encode.name='{stem}_half_{layer}'"
    record = "separate.record='half/{stem}'"
    words = ["remix", "out/layers/a.unveil", "-o", "out", "--strength", "0.5", "--jobs", "0"]
    assert main([*words, "--set", name, "--set", record]) == 0
    paths = {written.path for written in read_ledger(Path("out"))[str(shoot / "a.png")].outputs}
    assert paths >= {"a_clean.tif", "a_half_transmission.tif", "a_half_reflection.tif"}
