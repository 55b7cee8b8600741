"""TIFF directories, read byte by byte."""

import struct
from io import BytesIO

import pytest

from unveil.isp.metadata.ifd import numbers, read_tiff_tags, text


def tiff(order: str, entries: list[tuple[int, int, int, bytes]], tail: bytes = b"") -> BytesIO:
    """One directory at byte 8; values as given, then `tail` straight after the directory."""
    mark = b"II" if order == "<" else b"MM"
    body = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    head = mark + struct.pack(order + "HI", 42, 8)
    return BytesIO(head + struct.pack(order + "H", len(entries)) + body + b"\0\0\0\0" + tail)


def after(entries: int) -> int:
    """Offset of `tail` behind a directory of so many entries."""
    return 8 + 2 + 12 * entries + 4


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_text_and_rationals_are_read_in_both_byte_orders(order: str) -> None:
    offset = struct.pack(order + "I", after(3))
    entries = [
        (274, 3, 1, struct.pack(order + "HH", 6, 0)),
        (271, 2, 4, b"Abc\0"),
        (33434, 5, 1, offset),
    ]
    tags = read_tiff_tags(tiff(order, entries, struct.pack(order + "II", 1, 250)))
    assert tags is not None
    assert tags.main == {274: (6,), 271: (b"Abc\0",), 33434: (0.004,)}


def test_exif_gps_and_sub_directories_are_followed() -> None:
    inner = struct.pack("<H", 1) + struct.pack("<HHIHH", 7, 3, 1, 9, 0) + b"\0\0\0\0"
    places = struct.pack("<I", after(3))
    entries = [(330, 4, 1, places), (34665, 4, 1, places), (34853, 4, 1, places)]
    tags = read_tiff_tags(tiff("<", entries, inner))
    assert tags is not None
    assert (tags.subs, tags.exif, tags.gps) == (({7: (9,)},), {7: (9,)}, {7: (9,)})


def test_nothing_over_nothing_is_not_a_number() -> None:
    entries = [(50730, 10, 1, struct.pack("<I", after(1)))]
    tags = read_tiff_tags(tiff("<", entries, struct.pack("<ii", 0, 0)))
    assert tags is not None
    assert numbers(tags.main, 50730, 1) == ()


def test_values_outside_the_file_are_left_out() -> None:
    entries = [(271, 2, 40, struct.pack("<I", 5000)), (274, 3, 1, struct.pack("<HH", 3, 0))]
    tags = read_tiff_tags(tiff("<", entries))
    assert tags is not None
    assert tags.main == {274: (3,)}


def test_unknown_types_and_absurd_counts_are_left_out() -> None:
    entries = [(1, 99, 1, b"\0\0\0\0"), (2, 5, 0xFFFFFFFF, b"\0\0\0\0")]
    tags = read_tiff_tags(tiff("<", entries))
    assert tags is not None
    assert tags.main == {}


def test_a_directory_that_points_to_itself_ends() -> None:
    tags = read_tiff_tags(tiff("<", [(34665, 4, 1, struct.pack("<I", 8))]))
    assert tags is not None
    assert tags.exif == tags.main


@pytest.mark.parametrize("head", [b"", b"II", b"II*\0", b"hello, world", b"MM\0\x2b\0\0\0\x08"])
def test_what_is_no_tiff_gives_nothing(head: bytes) -> None:
    assert read_tiff_tags(BytesIO(head)) is None


def test_text_ends_at_its_nul_and_survives_bad_bytes() -> None:
    assert text({1: (b" Canon \0rest",)}, 1) == "Canon"
    assert text({1: (b"caf\xe9",)}, 1) == "caf�"
    assert text({}, 1) == ""
