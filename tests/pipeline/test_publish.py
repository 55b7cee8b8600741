"""All results of a frame, or none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Output
from unveil.pipeline.publish import publish, sweep


def output(folder: Path, name: str) -> Output:
    temporary = folder / f".{name}.part-1"
    temporary.write_text(f"new {name}")
    return Output(temporary=temporary, final=folder / name, role="transmission")


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_all_files_get_their_names(tmp_path: Path) -> None:
    publish([output(tmp_path, "a"), output(tmp_path, "b")], overwrite=False)
    assert contents(tmp_path) == {"a": "new a", "b": "new b"}


def test_a_file_that_appeared_meanwhile_is_kept_and_the_others_taken_back(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("precious")
    outputs = [output(tmp_path, "a"), output(tmp_path, "b"), output(tmp_path, "c")]
    with pytest.raises(FrameError, match="b appeared while the frame was being developed"):
        publish(outputs, overwrite=False)
    assert {name for name in contents(tmp_path) if not name.startswith(".")} == {"b"}
    assert (tmp_path / "b").read_text() == "precious"


def test_overwriting_replaces(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    publish([output(tmp_path, "a")], overwrite=True)
    assert contents(tmp_path) == {"a": "new a"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_the_way_is_an_error(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(FrameError, match=r"a (cannot be written|appeared)"):
        publish([output(tmp_path, "a")], overwrite)


def test_without_hard_links_nothing_is_overwritten_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    publish([output(tmp_path, "a")], overwrite=False)
    with pytest.raises(FrameError, match="a appeared"):
        publish([output(tmp_path, "a")], overwrite=False)
    assert contents(tmp_path)["a"] == "new a"


def test_only_left_overs_of_dead_processes_are_swept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [f".a.part-{dead.pid}", f".a.part-{os.getpid()}", ".a.part-x", f".b.part-{dead.pid}", "a"]
    for name in names:
        (tmp_path / name).touch()
    sweep([tmp_path / "a", tmp_path / "gone/a"])
    assert set(contents(tmp_path)) == set(names[1:])


@pytest.mark.skipif(os.name != "posix", reason="only POSIX keeps a process listed that ended")
def test_left_overs_of_a_process_that_ended_unasked_about_are_swept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
    os.kill(dead.pid, 0)
    (tmp_path / f".a.part-{dead.pid}").touch()
    sweep([tmp_path / "a"])
    dead.communicate()
    assert contents(tmp_path) == {}


def test_left_overs_of_one_process_are_swept(tmp_path: Path) -> None:
    for name in (".a.part-1", f".a.part-{os.getpid()}"):
        (tmp_path / name).touch()
    sweep([tmp_path / "a"], os.getpid())
    assert set(contents(tmp_path)) == {".a.part-1"}
