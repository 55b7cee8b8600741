"""Files out of a Qt resource file (.rcc), in which GCompris ships its pictures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection

_COMPRESSED, _FOLDER, _ZSTANDARD = 1, 2, 4  # flags of a node
_NODE_V1, _NODE_V2 = 14, 22  # bytes of a node; format 2 adds the time of change


def read_resource(data: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Return the contents of those of the named files that the resource has (paths without the leading slash).

    `ValueError` where it is no resource file, or a named file is packed with Zstandard.
    """
    if data[:4] != b"qres" or len(data) < 20:
        raise ValueError("not a Qt resource file")
    files = _list(data)
    return {name: _unpack(data, *files[name]) for name in names if name in files}


def _list(data: bytes) -> dict[str, tuple[int, int]]:
    """Return path -> (flags, offset of the contents) of all files."""
    version, tree, contents, strings = struct.unpack_from(">4I", data, 4)
    size = _NODE_V1 if version < 2 else _NODE_V2
    files: dict[str, tuple[int, int]] = {}
    todo = [(0, "")]
    while todo:
        node, path = todo.pop()
        name, flags, first, second = struct.unpack_from(">IHII", data, tree + node * size)
        if node:
            path += "/" + _string(data, strings + name)
        if flags & _FOLDER:
            todo += [(child, path) for child in range(second, second + first)]
        else:
            files[path.lstrip("/")] = (flags, contents + second)
    return files


def _string(data: bytes, at: int) -> str:
    (length,) = struct.unpack_from(">H", data, at)
    return data[at + 6 : at + 6 + 2 * length].decode("utf-16-be")  # the hash between is not needed


def _unpack(data: bytes, flags: int, at: int) -> bytes:
    (length,) = struct.unpack_from(">I", data, at)
    body = data[at + 4 : at + 4 + length]
    if flags & _ZSTANDARD:
        raise ValueError("a file of the Qt resource is packed with Zstandard")
    return zlib.decompress(body[4:]) if flags & _COMPRESSED else body
