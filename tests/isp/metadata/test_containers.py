"""JPEG segments and PNG chunks."""

import struct
import zlib
from io import BytesIO

from unveil.isp.metadata.containers import (
    jpeg_exif,
    jpeg_frame,
    jpeg_icc,
    jpeg_is_complete,
    png_chunk,
    png_icc,
)


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + b"\0\0\0\0"


def jpeg(*segments: bytes) -> BytesIO:
    return BytesIO(b"\xff\xd8" + b"".join(segments) + segment(0xDA, b"") + b"pixels")


def png(*chunks: bytes) -> BytesIO:
    return BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b""))


def test_exif_is_found_behind_other_segments() -> None:
    file = jpeg(segment(0xE0, b"JFIF\0"), segment(0xE1, b"http://ns\0xmp"), segment(0xE1, b"Exif\0\0MM*"))
    assert jpeg_exif(file) == b"MM*"


def test_profiles_are_put_together_in_their_numbered_order() -> None:
    second, first = b"ICC_PROFILE\0\x02\x02two", b"ICC_PROFILE\0\x01\x02one"
    assert jpeg_icc(jpeg(segment(0xE2, second), segment(0xE2, first))) == b"onetwo"


def test_depth_and_components_are_in_the_frame_header() -> None:
    header = struct.pack(">BHHB", 8, 10, 20, 4)
    assert jpeg_frame(jpeg(segment(0xC4, b"huffman"), segment(0xC2, header))) == (8, 4)


def test_a_jpeg_cut_in_its_header_gives_nothing() -> None:
    assert jpeg_exif(BytesIO(b"\xff\xd8\xff\xe1\x00")) is None
    assert jpeg_frame(BytesIO(b"\xff\xd8\xff")) == (0, 0)


def test_the_end_marker_of_a_thumbnail_does_not_make_a_jpeg_complete() -> None:
    thumbnail = segment(0xE1, b"Exif\0\0 a thumbnail \xff\xd9")
    assert not jpeg_is_complete(jpeg(thumbnail))
    assert jpeg_is_complete(BytesIO(jpeg(thumbnail).getvalue() + b"\xff\xd9 trailer"))


def test_png_chunks_are_found_behind_the_image_data() -> None:
    assert png_chunk(png(chunk(b"IDAT", b"x" * 99), chunk(b"eXIf", b"MM*")), b"eXIf") == b"MM*"


def test_png_profile_is_unpacked() -> None:
    data = b"a name\0\0" + zlib.compress(b"profile")
    assert png_icc(png(chunk(b"iCCP", data))) == b"profile"
    assert png_icc(png(chunk(b"iCCP", b"a name\0\0broken"))) is None
    assert png_icc(png()) is None
