"""The command line, as a person or a script meets it: `main` in this process, or a process of its own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

import unveil
from unveil.cli import main

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs/command-line.md"
SHORT = """\
unveil: 1
name: short
description: One small JPEG of each frame.
stages:
  - decode: {}
  - linearize: {}
  - demosaic: {}
  - colour: {}
  - tone: {exposure: 0}
  - encode: {format: jpeg, quality: 80, name: "{stem}_small"}
"""

Captured = pytest.CaptureFixture[str]


def paint(path: Path, seed: int = 0) -> Path:
    noise = np.random.default_rng(seed).integers(20, 220, (24, 32, 3), dtype=np.uint8)
    path.write_bytes(imagecodecs.png_encode(noise))
    return path


@pytest.fixture
def shoot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recipe, two pictures and a broken one in `shoot/`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.yaml").write_text(SHORT)
    (tmp_path / "shoot").mkdir()
    paint(tmp_path / "shoot/IMG_2.png", 2)
    paint(tmp_path / "shoot/IMG_10.png", 10)
    (tmp_path / "shoot/IMG_3.NEF").write_text("this is text\n")
    return tmp_path


def run(*arguments: str) -> int:
    return main(["run", "short.yaml", "-o", "out", "--device", "cpu", "--jobs", "0", *arguments])


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "unveil", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


def test_the_version_is_told(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"unveil {unveil.__version__}\n"


def test_a_folder_goes_through_and_the_broken_frame_gives_exit_status_one(
    shoot: Path, capsys: Captured
) -> None:
    assert run("shoot") == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["done", "failed", "done"]
    assert lines[0].endswith("IMG_2_small.jpg")
    assert lines[1].startswith(f"failed  {shoot}/shoot/IMG_3.NEF: ")
    assert "3 frames: 2 done, 1 failed in" in err
    assert f"failed: {shoot}/shoot/IMG_3.NEF: " in err
    assert "Traceback" not in err
    assert sorted(path.name for path in Path("out").iterdir()) == [
        ".unveil.lock",
        "IMG_10_small.jpg",
        "IMG_2_small.jpg",
        "ledger.sqlite",
    ]


def test_good_frames_give_exit_status_zero_and_a_second_run_skips(shoot: Path, capsys: Captured) -> None:
    assert run("shoot/*.png") == 0
    capsys.readouterr()
    assert run("shoot/*.png", "--report") == 0
    out, err = capsys.readouterr()
    assert out.count("done before, and nothing changed") == 2
    assert "2 frames: 2 skipped" in err
    assert "look at out/index.html" in err
    assert run("shoot/*.png", "--overwrite") == 0
    assert capsys.readouterr().out.count("done") == 2


def test_the_ledger_answers_and_finds_what_was_harmed(shoot: Path, capsys: Captured) -> None:
    assert run("shoot") == 1
    capsys.readouterr()
    assert main(["status", "out"]) == 0
    out, err = capsys.readouterr()
    assert f"{shoot}/shoot/IMG_3.NEF" in "".join(out.split())
    assert err == "3 frames: 2 done, 1 failed\n"
    assert main(["status", "out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failed"] == 1
    assert main(["verify", "out", "--sources"]) == 0
    Path("out/IMG_2_small.jpg").unlink()
    capsys.readouterr()
    assert main(["verify", "out", "--json"]) == 1
    assert [bad["finding"] for bad in json.loads(capsys.readouterr().out)["bad"]] == ["missing"]
    assert main(["export", "out", "-o", "ledger.csv"]) == 0
    assert len(Path("ledger.csv").read_text("utf-8").splitlines()) == 4
    assert main(["export", "out", "--format", "mhl"]) == 0
    assert Path("out/ascmhl/ascmhl_chain.xml").is_file()
    capsys.readouterr()
    assert main(["status", "shoot"]) == 2
    assert "shoot: holds no ledger.sqlite; give the output folder of a run" in capsys.readouterr().err


def test_json_is_one_line_for_each_frame_and_a_last_one(shoot: Path, capsys: Captured) -> None:
    assert run("shoot", "--json") == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["begin", "frame", "frame", "frame", "end"]
    first = {key: events[0][key] for key in ("total", "output", "version")}
    assert first == {"total": 3, "output": str(shoot / "out"), "version": unveil.__version__}
    events = events[1:]
    assert events[0]["source"] == str(shoot / "shoot/IMG_2.png")
    assert events[0]["outputs"][0]["path"] == "IMG_2_small.jpg"
    assert [entry["stage"] for entry in events[0]["trail"]][-1] == "encode"
    assert events[1]["status"] == "failed"
    expected = {"done": 2, "failed": 1, "skipped": 0, "total": 3, "interrupted": False, "exit_status": 1}
    assert {key: events[-1][key] for key in expected} == expected


def test_a_parameter_is_overridden(shoot: Path, capsys: Captured) -> None:
    assert run("shoot/IMG_2.png", "--json", "--set", "encode.quality=31", "--set", "tone.exposure=1") == 0
    frame = json.loads(capsys.readouterr().out.splitlines()[1])
    parameters = {entry["stage"]: entry["parameters"] for entry in frame["trail"]}
    assert (parameters["encode"]["quality"], parameters["tone"]["exposure"]) == (31, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "windw", "shoot", "-o", "out"], "no recipe is named 'windw'; did you mean 'window'?"),
        (["run", "short.yaml", "missing.NEF", "-o", "out"], "missing.NEF: no such file or folder"),
        (["run", "short.yaml", "*.CR2", "-o", "out"], "*.CR2: nothing matches this pattern"),
        (["run", "short.yaml", "shoot", "-o", "out", "--set", "tone.gama=2"], "did you mean 'gamma'?"),
        (["run", "short.yaml", "shoot", "-o", "out", "--device", "gpu"], "device 'gpu' is unknown"),
        (["run", "short.yaml", "shoot", "-o", "out", "--jobs", "-1"], "--jobs"),
        (["run", "short.yaml", "shoot"], "-o"),
        (["run", "short.yaml", "-o", "out"], "INPUT..."),
        (["run", "short.yaml", "shoot", "-o", "out", "--frob"], "--frob"),
        (["frob"], "frob"),
        (["check", "missing.yaml"], "missing.yaml: there is no such file"),
        (["inspect", "missing.NEF"], "missing.NEF: no such file"),
        (["evaluate", "--method", "unveilnt", "--pairs", "."], "did you mean 'unveilnet'?"),
    ],
)
def test_wrong_recipes_and_arguments_give_exit_status_two(
    shoot: Path, capsys: Captured, arguments: list[str], words: str
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1
    assert not Path("out").exists()


def test_one_name_for_two_results_is_refused_before_any_work(shoot: Path, capsys: Captured) -> None:
    paint(shoot / "shoot/IMG_3.PNG")
    assert run("shoot") == 2
    assert (
        "would both write IMG_3_small.jpg; one is a RAW and one a finished picture" in capsys.readouterr().err
    )
    assert not Path("out").exists()


def test_every_mistake_of_a_recipe_is_told(shoot: Path, capsys: Captured) -> None:
    Path("bad.yaml").write_text(
        SHORT.replace("exposure: 0", "exposur: 0").replace("quality: 80", "quality: 800")
    )
    assert main(["check", "bad.yaml"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 2
    assert "did you mean 'exposure'?" in err[0]
    assert "found 800" in err[1]


def test_an_output_folder_that_cannot_be_made_gives_exit_status_three(shoot: Path, capsys: Captured) -> None:
    Path("out").write_text("a file")
    assert run("shoot") == 3
    assert capsys.readouterr().err == "the output folder out cannot be used: it is a file, not a folder\n"


def test_debugging_shows_the_traceback(shoot: Path, capsys: Captured) -> None:
    assert main(["run", "short.yaml", "shoot/IMG_3.NEF", "-o", "out", "--device", "cpu", "--debug"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err
    assert main(["check", "missing.yaml", "--debug"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_good_recipe_is_shown_with_its_spaces_and_outputs(shoot: Path, capsys: Captured) -> None:
    assert main(["check", "short.yaml"]) == 0
    out, err = capsys.readouterr()
    assert "{stem}_small.jpg" in out
    assert "linear-rgb" in out
    assert err == "short: good\n"


def test_recipes_are_listed_shown_and_described(shoot: Path, capsys: Captured) -> None:
    assert main(["recipes", "list"]) == 0
    assert "window" in capsys.readouterr().out
    assert main(["recipes", "show", "short.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "exposure: 0" in shown
    Path("again.yaml").write_text(shown)
    assert main(["check", "again.yaml"]) == 0
    capsys.readouterr()
    assert main(["recipes", "schema"]) == 0
    assert "$schema" in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("verb", "words"), [("stages", "demosaic"), ("methods", "unveilnet"), ("plugins", "unveil.isp.plugin")]
)
def test_what_plugins_offer_is_listed_with_its_origin(capsys: Captured, verb: str, words: str) -> None:
    assert main([verb]) == 0
    out = capsys.readouterr().out
    assert words in out
    assert unveil.__version__ in out


def test_weights_are_listed(capsys: Captured) -> None:
    assert main(["weights", "list"]) == 0
    assert "unveilnet.safetensors" in capsys.readouterr().out


def test_facts_of_a_file_are_shown_and_given_as_json(shoot: Path, capsys: Captured) -> None:
    assert main(["inspect", "shoot/IMG_2.png"]) == 0
    assert "display-rgb" in capsys.readouterr().out
    assert main(["inspect", "shoot/IMG_2.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["width"] == 32


def test_a_file_that_cannot_be_read_gives_exit_status_one(shoot: Path, capsys: Captured) -> None:
    assert main(["inspect", "shoot/IMG_3.NEF"]) == 1
    assert "IMG_3.NEF: " in capsys.readouterr().err


def test_a_file_without_permission_is_a_file_that_cannot_be_read(
    shoot: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)  # what the parser asks, also of root
    assert main(["inspect", "shoot/IMG_3.NEF"]) == 1
    assert "IMG_3.NEF: " in capsys.readouterr().err


def test_hostile_names_cannot_reach_the_terminal(shoot: Path, capsys: Captured) -> None:
    name = os.fsdecode(b"a\xff\x1b[2J\n.NEF")
    Path(name).write_text("text")
    assert run("*.NEF") == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert len(out.splitlines()) == 1


def test_help_and_lists_start_without_torch_and_dask(tmp_path: Path) -> None:
    code = (
        "import sys; from unveil.cli import main; status = main({arguments!r}); "
        "heavy = {{'torch', 'dask', 'distributed', 'rawpy', 'cv2', 'numpy'}} & set(sys.modules); "
        "sys.exit(f'status {{status}}, imported {{heavy}}' if heavy or status else 0)"
    )
    for arguments in (["--help"], ["check", "window"], ["stages"], ["recipes", "list"]):
        command = [sys.executable, "-c", code.format(arguments=arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "unveil", "recipes", "schema"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_cluster_runs_from_the_command_line(shoot: Path) -> None:
    done = start("run", "short.yaml", "shoot/IMG_2.png", "shoot/IMG_10.png", "-o", "out", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("done") == 2
    assert done.stderr.splitlines()[-1].startswith("2 frames: 2 done in")
    assert not list(shoot.glob("dask*"))


def test_a_terminal_sees_a_bar_and_a_file_gets_the_results(shoot: Path) -> None:
    keyboard, terminal = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "unveil",
        "run",
        "short.yaml",
        "shoot/IMG_2.png",
        "-o",
        "out",
        "--device",
        "cpu",
    ]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(
        [*command, "--jobs", "0"], stdout=subprocess.PIPE, stderr=terminal, env=environment, text=True
    ) as program:
        os.close(terminal)
        seen = _screen(keyboard)
        results, _ = program.communicate(timeout=50)
    assert program.returncode == 0
    assert results.startswith("done    ")
    assert "developing" in seen
    assert "0/1" in seen or "1/1" in seen


def _screen(keyboard: int) -> str:
    """Return all that is written to a terminal until its last writer is gone."""
    parts = []
    with os.fdopen(keyboard, "rb", buffering=0) as screen, suppress(OSError):  # EIO: nobody writes any more
        while part := screen.read(100_000):
            parts.append(part)
    return b"".join(parts).decode()


def test_the_documented_help_is_what_the_program_prints() -> None:
    script = [sys.executable, str(ROOT / "docs/update_help.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
