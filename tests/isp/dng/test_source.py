"""What a DNG keeps of the DNG it was made from."""

import struct
from pathlib import Path

import numpy as np
import pytest

from unveil.isp.dng.source import GEOMETRY, NOISE_PROFILE, OPCODES_2, read_source_dng

DIGEST, RAW_ID, COLOR_MATRIX_1, CROP_ORIGIN, CROP_SIZE, BASELINE_EXPOSURE = (
    50972,
    50781,
    50721,
    50719,
    50720,
    50730,
)


def big_endian(path: Path) -> Path:
    """A DNG with one of each kind of value, in the other byte order; its picture is never looked at."""
    values = {
        256: (4, 1, struct.pack(">I", 8)),
        257: (4, 1, struct.pack(">I", 6)),
        262: (3, 1, struct.pack(">HH", 32803, 0)),
        50706: (1, 4, bytes((1, 4, 0, 0))),
        50708: (2, 4, b"Cam\0"),
        CROP_ORIGIN: (3, 2, struct.pack(">HH", 1, 2)),
        50730: (10, 1, struct.pack(">ii", -1, 2)),
        50732: (5, 1, struct.pack(">II", 1, 0)),
        NOISE_PROFILE: (12, 2, struct.pack(">dd", 1e-5, 2e-9)),
        51009: (7, 5, b"\0\0\0\1x"),
        50778: (3, 1, struct.pack(">HH", 21, 0)),
        50940: (11, 1, struct.pack(">f", 0.5)),
    }
    start = 8 + 2 + 12 * len(values) + 4
    table, tail = b"", b""
    for tag, (kind, count, data) in sorted(values.items()):
        place = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(">I", start + len(tail))
        tail += data if len(data) > 4 else b""
        table += struct.pack(">HHI", tag, kind, count) + place
    path.write_bytes(b"MM\0*" + struct.pack(">IH", 8, len(values)) + table + bytes(4) + tail)
    return path


def test_values_of_the_other_byte_order_are_turned_round(tmp_path: Path) -> None:
    found = read_source_dng(big_endian(tmp_path / "a.dng"))
    assert found is not None
    assert (found.size, found.mosaic) == ((6, 8), True)
    assert found.raw[CROP_ORIGIN].payload == struct.pack("<HH", 1, 2)
    assert found.raw[NOISE_PROFILE].payload == struct.pack("<dd", 1e-5, 2e-9)
    assert found.main[BASELINE_EXPOSURE].payload == struct.pack("<ii", -1, 2)
    assert found.main[50940].payload == struct.pack("<f", 0.5)
    assert found.main[50708].payload == b"Cam\0"
    assert found.raw[OPCODES_2].payload == b"\0\0\0\1x"


def test_a_fraction_of_nothing_is_left_out(tmp_path: Path) -> None:
    found = read_source_dng(big_endian(tmp_path / "a.dng"))
    assert found is not None
    assert 50732 not in found.main


@pytest.mark.parametrize("length", [3, 9, 60, 150, 200])
def test_a_cut_file_gives_what_is_left(tmp_path: Path, length: int) -> None:
    path = big_endian(tmp_path / "a.dng")
    path.write_bytes(path.read_bytes()[:length])
    found = read_source_dng(path)
    assert found is None or set(found.main) <= {50706, 50708, 50778, 50730, 50940}


def test_a_file_that_is_gone_gives_nothing(tmp_path: Path) -> None:
    assert read_source_dng(tmp_path / "gone.dng") is None


@pytest.mark.shared
def test_a_real_dng_gives_its_profile_and_no_identity(shared_data: Path) -> None:
    found = read_source_dng(shared_data / "raw" / "canon_eos_6d_linear.dng")
    assert found is not None
    assert (found.size, found.mosaic) == ((816, 1224), False)
    # Matrices, forward matrices, hue and saturation map, look table.
    assert {COLOR_MATRIX_1, 50722, 50964, 50965, 50938, 50939, 50982} <= set(found.main)
    assert not {DIGEST, RAW_ID, 50967} & set(found.main)
    assert {CROP_ORIGIN, CROP_SIZE, NOISE_PROFILE} <= set(found.raw)
    assert OPCODES_2 not in found.raw  # LibRaw applies that of a lossy file
    matrix = np.frombuffer(found.main[COLOR_MATRIX_1].payload, "<i4").reshape(9, 2)
    assert matrix[0, 0] / matrix[0, 1] == pytest.approx(0.7546)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["canon_eos_d30.crw", "kodak_dc50.kdc", "kodak_c330_yrgb.raw"])
def test_other_files_are_no_dng(shared_data: Path, name: str) -> None:
    assert read_source_dng(shared_data / "raw" / name) is None


def test_the_lists_do_not_overlap() -> None:
    assert not GEOMETRY & {NOISE_PROFILE, OPCODES_2}
