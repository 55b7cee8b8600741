"""Tags of Canon's own containers."""

from io import BytesIO
from pathlib import Path

import pytest

from unveil.isp.metadata.canon import cr3_tags, crw_make_model


@pytest.mark.shared
def test_make_and_model_of_a_crw(shared_data: Path) -> None:
    with (shared_data / "raw/canon_eos_d30.crw").open("rb") as file:
        assert crw_make_model(file) == ("Canon", "Canon EOS D30")


@pytest.mark.shared
def test_directories_of_a_cr3(shared_data: Path) -> None:
    with (shared_data / "raw/bad/pruned_canon_r6.cr3").open("rb") as file:
        tags = cr3_tags(file)
    assert tags is not None
    assert tags.main[272] == (b"Canon EOS R6\0",)
    assert tags.exif[34855] == (100,)


@pytest.mark.parametrize("length", [14, 26, 40])
def test_a_crw_cut_short_has_no_names(length: int) -> None:
    assert crw_make_model(BytesIO((b"II\x1a\0\0\0HEAPCCDR" + b"\xff" * 40)[:length])) == ("", "")


def test_a_cr3_without_its_boxes_has_no_tags() -> None:
    assert cr3_tags(BytesIO(b"\0\0\0\x18ftypcrx " + bytes(100))) is None
