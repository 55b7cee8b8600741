"""Directories as written, read back by our own reader, by tifffile and as bytes."""

import struct
from io import BytesIO

import numpy as np
import pytest
import tifffile

from unveil.isp.metadata.ifd import read_tiff_tags
from unveil.isp.metadata.ifd_write import (
    HEADER,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    ascii_text,
    directory,
    extend_tiff,
    integers,
    linked,
    rationals,
    undefined,
)


def a_tiff(count: int = 1) -> bytes:
    file = BytesIO()
    for page in range(count):
        samples = np.full((8, 8, 3), page, np.uint8)
        tifffile.imwrite(file, samples, photometric="rgb", byteorder="<", metadata=None, append=page > 0)
        file.seek(0)
    return file.getvalue()


def test_a_short_value_stands_in_its_entry() -> None:
    entry = struct.pack("<HHIHH", 274, SHORT, 1, 6, 0)
    assert directory([integers(274, SHORT, 6)], 8) == b"\1\0" + entry + b"\0\0\0\0"


def test_entries_are_in_order_and_values_on_even_bytes() -> None:
    data = directory([ascii_text(272, "Model"), ascii_text(271, "Maker's"), undefined(37500, b"12345")], 8)
    codes = [struct.unpack_from("<H", data, 2 + 12 * i)[0] for i in range(3)]
    offsets = [struct.unpack_from("<I", data, 10 + 12 * i)[0] for i in range(3)]
    assert codes == [271, 272, 37500]
    assert all(offset % 2 == 0 for offset in offsets)
    assert data[offsets[0] - 8 :].startswith(b"Maker's\0")


def test_all_kinds_come_back_through_our_reader() -> None:
    main = [ascii_text(271, "Größe"), integers(256, LONG, 70000)]
    exif = [rationals(33434, RATIONAL, 1 / 250), rationals(37380, SRATIONAL, -1 / 3)]
    gps = [rationals(2, RATIONAL, 48, 51, 29.5992)]
    blob = HEADER + struct.pack("<I", 8) + linked(main, exif, gps, 8)
    tags = read_tiff_tags(BytesIO(blob))
    assert tags is not None
    assert tags.main[256] == (70000,)
    assert tags.main[271] == ("Größe\0".encode(),)
    assert tags.exif[33434] == (1 / 250,)
    assert tags.exif[37380] == pytest.approx((-1 / 3,))
    assert tags.gps[2] == pytest.approx((48, 51, 29.5992))


def test_fractions_are_the_ones_people_write() -> None:
    assert rationals(33434, RATIONAL, 1 / 8000).payload == struct.pack("<II", 1, 8000)
    assert rationals(33437, RATIONAL, 5.6).payload == struct.pack("<II", 28, 5)
    assert rationals(37380, SRATIONAL, -2 / 3).payload == struct.pack("<ii", -2, 3)


@pytest.mark.parametrize(("kind", "value"), [(RATIONAL, -0.5), (RATIONAL, 1e10), (SRATIONAL, 3e9)])
def test_numbers_that_do_not_fit_are_refused(kind: int, value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written as a TIFF fraction"):
        rationals(33434, kind, value)


def test_a_tiff_keeps_its_picture_and_gains_tags() -> None:
    data = extend_tiff(a_tiff(), [ascii_text(271, "Maker")], [integers(34855, SHORT, 400)], [])
    with tifffile.TiffFile(BytesIO(data)) as tiff:
        page = tiff.pages.first
        assert page.asarray().shape == (8, 8, 3)
        assert page.tags[271].value == "Maker"
        assert page.tags["ExifTag"].value == {"ISOSpeedRatings": 400}
        assert "GPSTag" not in page.tags


def test_a_tag_that_is_there_is_replaced_and_pages_stay_linked() -> None:
    data = extend_tiff(a_tiff(2), [integers(256, LONG, 8), ascii_text(305, "unveil")], [], [])
    with tifffile.TiffFile(BytesIO(data)) as tiff:
        assert [page.asarray().mean() for page in tiff.pages] == [0, 1]
        assert tiff.pages.first.tags["ImageWidth"].value == 8
        assert tiff.pages.first.tags["Software"].value == "unveil"


@pytest.mark.parametrize("data", [b"", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0"])
def test_other_files_are_not_extended(data: bytes) -> None:
    with pytest.raises(ValueError, match="classic little-endian"):
        extend_tiff(data, [], [], [])
