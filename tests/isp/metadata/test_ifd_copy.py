"""Tags copied as they stand."""

from io import BytesIO

import pytest

from unveil.isp.metadata.exif_write import ExifEntries, exif_blob, exif_entries
from unveil.isp.metadata.ifd import read_tiff_tags
from unveil.isp.metadata.ifd_copy import copied_entries, merged
from unveil.isp.metadata.ifd_write import SHORT, ascii_text, integers, undefined

USER_COMMENT, SUBJECT_AREA, MAKER_NOTE, GPS_MEASURE = 37510, 37396, 37500, 10
OWN = exif_entries({"Make": "Canon", "GPSLatitude": 1.5}, software="unveil 1")
MORE = ExifEntries(
    OWN.main,
    (*OWN.exif, undefined(USER_COMMENT, b"ASCII\0\0\0Hello"), integers(SUBJECT_AREA, SHORT, 1, 2, 3, 4)),
    (*OWN.gps, ascii_text(GPS_MEASURE, "3")),
)


def test_tags_come_back_as_they_were_written() -> None:
    found = copied_entries(exif_blob(MORE, jpeg=True))
    codes = {entry.code: entry for entry in found.exif}
    assert codes[USER_COMMENT] == MORE.exif[-2]
    assert codes[SUBJECT_AREA] == MORE.exif[-1]
    assert MORE.gps[-1] in found.gps


def test_the_makers_own_data_and_the_old_files_form_stay_behind() -> None:
    odd = ExifEntries(OWN.main, (*OWN.exif, undefined(MAKER_NOTE, b"0" * 99)), OWN.gps)
    found = copied_entries(exif_blob(odd))
    assert MAKER_NOTE not in {entry.code for entry in found.exif}
    assert not {274, 282, 283, 34665, 34853} & {entry.code for entry in found.main}


def test_our_own_tags_win_and_all_others_are_added() -> None:
    theirs = ExifEntries((ascii_text(271, "Other"), ascii_text(269, "Page")), (), ())
    tags = read_tiff_tags(BytesIO(exif_blob(merged(OWN, theirs))))
    assert tags is not None
    assert (tags.main[271], tags.main[269], tags.main[305]) == ((b"Canon\0",), (b"Page\0",), (b"unveil 1\0",))


def test_values_that_would_not_fit_a_jpeg_are_left_out() -> None:
    long = tuple(undefined(code, bytes(5000)) for code in (37510, 37511, 37512))
    found = copied_entries(exif_blob(ExifEntries(OWN.main, (*OWN.exif, *long, MORE.exif[-1]), ())))
    assert SUBJECT_AREA in {entry.code for entry in found.exif}
    assert sum(len(entry.payload) for entry in found.exif) < 12_000


def test_the_common_tags_are_left_to_the_frame() -> None:
    blob = exif_blob(exif_entries({"Make": "Other", "ISO": 400, "GPSLatitude": 1.5}, software="Camera"))
    found = copied_entries(blob)
    assert (found.main, found.exif) == ((), ())
    assert [entry.code for entry in found.gps] == [0]


@pytest.mark.parametrize("blob", [b"", b"MM\0*\0\0\0\x08", b"text and nothing else"])
def test_another_structure_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="not a little-endian TIFF structure"):
        copied_entries(blob)


def test_a_structure_that_ends_too_early_gives_what_it_has() -> None:
    blob = exif_blob(MORE)
    for end in range(8, len(blob), 7):
        copied_entries(blob[:end])
