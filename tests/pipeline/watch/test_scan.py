"""What a look at a hot folder sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from unveil.pipeline.watch.scan import look, own_folders


def test_hidden_and_temporary_files_own_folders_and_results_are_not_seen(
    tmp_path: Path, touch: Callable[..., object]
) -> None:
    seen = ("a.png", "job/b.png", "job/deep/c.png", "job/done/d.png")
    hidden = (".a.png", "~a.png", "a.png~", ".hidden/e.png", "done/f.png", "failed/x/g.png", "out/h.png")
    touch(*seen, *hidden)
    (tmp_path / "link").symlink_to(tmp_path / "job", target_is_directory=True)
    sight = look(tmp_path, own_folders(tmp_path, tmp_path / "out"))
    found = {
        (folder / name).relative_to(tmp_path).as_posix() for folder, f in sight.folders.items() for name in f
    }
    assert found == set(seen)
    assert sight.problems == []


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "gone", ())
