"""AVIF and JPEG XL with metadata: read by other programs, pixels untouched."""

import json
import subprocess
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from unveil.isp.encode.icc import icc_profile
from unveil.isp.metadata.boxes import box, boxes, embed_avif, embed_jxl, jxl_codestream
from unveil.isp.metadata.exif_write import exif_blob, exif_entries
from unveil.isp.metadata.xmp_write import Facts, xmp_packet

PICTURE = np.random.default_rng(2).integers(0, 255, (24, 40, 3), dtype=np.uint8)
EXIF = exif_blob(exif_entries({"Make": "Canon", "ISO": 200}, software="unveil 1"))
XMP = xmp_packet(b"", b"", Facts(software="unveil 1", history="encode", rating=4))
ICC = icc_profile("Adobe RGB", "gamma:2.2")


def avif(picture: np.ndarray = PICTURE, bits: int = 8) -> bytes:
    return bytes(imagecodecs.avif_encode(picture, level=100, bitspersample=bits, pixelformat="444"))


def told(path: Path) -> dict[str, Any]:
    call = [
        "exiftool",
        "-json",
        "-n",
        "-Make",
        "-ISO",
        "-Rating",
        "-ProfileDescription",
        "-Warning",
        str(path),
    ]
    found: dict[str, Any] = json.loads(
        subprocess.run(call, capture_output=True, text=True, check=True).stdout
    )[0]
    del found["SourceFile"]
    return found


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_an_avif_keeps_its_pixels(bits: int) -> None:
    picture = PICTURE if bits == 8 else PICTURE.astype(np.uint16) << (bits - 8)
    found = imagecodecs.avif_decode(embed_avif(avif(picture, bits), EXIF, XMP, ICC))
    assert np.array_equal(found, picture)


def test_pillow_finds_all_of_an_avif() -> None:
    image = Image.open(BytesIO(embed_avif(avif(), EXIF, XMP, ICC)))
    assert (image.info["icc_profile"], image.info["xmp"], image.info["exif"]) == (ICC, XMP, EXIF)
    assert "icc_profile" not in Image.open(BytesIO(embed_avif(avif(), EXIF, XMP, None))).info


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_finds_the_tags(tmp_path: Path) -> None:
    (tmp_path / "a.avif").write_bytes(embed_avif(avif(), EXIF, XMP, ICC))
    codestream, level = jxl_codestream(bytes(imagecodecs.jpegxl_encode(PICTURE, lossless=True)))
    (tmp_path / "a.jxl").write_bytes(embed_jxl(codestream, level, EXIF, XMP))
    expected = {"Make": "Canon", "ISO": 200, "Rating": 4}
    assert told(tmp_path / "a.avif") == {**expected, "ProfileDescription": "Adobe RGB, gamma 2.2"}
    assert told(tmp_path / "a.jxl") == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_jpeg_xl_keeps_its_pixels(dtype: type[np.generic]) -> None:
    picture = PICTURE.astype(dtype)
    codestream, level = jxl_codestream(bytes(imagecodecs.jpegxl_encode(picture, lossless=True)))
    data = embed_jxl(codestream, level, EXIF, XMP)
    assert np.array_equal(imagecodecs.jpegxl_decode(data), picture)
    assert jxl_codestream(data) == (codestream, level)


def test_other_data_is_refused() -> None:
    with pytest.raises(ValueError, match="not JPEG XL data"):
        jxl_codestream(b"text")
    with pytest.raises(ValueError, match="does not end"):
        embed_avif(b"\0\0\1\0ftypavif", EXIF, XMP, None)
    with pytest.raises(ValueError, match="not the AVIF of one plain picture"):
        embed_avif(box(b"ftyp", b"avif"), EXIF, XMP, None)
    with pytest.raises(ValueError, match="does not end"):
        list(boxes(b"\0\0\0\4abcd"))
