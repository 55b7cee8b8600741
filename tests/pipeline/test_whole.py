"""Text files, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.whole import write_whole


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_whole(tmp_path / "page", "text")
    (tmp_path / "folder").mkdir()
    with pytest.raises(EnvironmentFailure, match="folder cannot be written"):
        write_whole(tmp_path / "folder", "text")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "page"]
