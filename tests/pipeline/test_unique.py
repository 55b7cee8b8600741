"""Numbers behind names that are taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from unveil.pipeline.ledger import Ledger, add_to_ledger, reading
from unveil.pipeline.naming import Naming
from unveil.pipeline.results import FrameResult, Status, Written
from unveil.pipeline.unique import make_unique


def outputs(naming: Naming) -> Sequence[PurePosixPath]:
    return tuple(PurePosixPath(naming.fill(name) + ".tif") for name in ("{stem}", "layers/{stem}"))


def numbers(sources: Sequence[str], *taken: str, ledger: Ledger | None = None) -> list[int]:
    frames = [(Path(source), Naming.of(Path(source))) for source in sources]
    return [
        naming.number
        for naming in make_unique(frames, outputs, lambda name: name.as_posix() in taken, ledger)
    ]


def test_frames_of_one_name_are_numbered_in_order() -> None:
    assert numbers(["/a/IMG_1.nef", "/b/IMG_1.nef", "/b/IMG_2.nef", "/c/img_1.nef"]) == [1, 2, 1, 3]


def test_all_files_of_a_frame_have_one_number() -> None:
    assert numbers(["/a/x.nef"], "layers/x.tif") == [2]
    assert numbers(["/a/x.nef"], "x.tif", "layers/x_2.tif") == [3]


def test_a_frame_keeps_the_names_that_it_has(tmp_path: Path) -> None:
    files = (
        Written(path="x_2.tif", role="transmission", size=1),
        Written(path="layers/x_2.tif", role="r", size=1),
    )
    add_to_ledger(tmp_path, [FrameResult(source="/b/x.nef", status=Status.DONE, outputs=files)])
    with reading(tmp_path) as ledger:
        assert numbers(["/b/x.nef"], ledger=ledger) == [2]
        assert numbers(["/a/x.nef", "/b/x.nef"], "x.tif", "x_2.tif", "layers/x_2.tif", ledger=ledger) == [
            3,
            2,
        ]
