"""Dask's dashboard, which is off unless asked for."""

from __future__ import annotations

import pytest

from unveil.pipeline import dashboard
from unveil.pipeline.dashboard import dashboard_address
from unveil.pipeline.errors import EnvironmentFailure, RecipeError


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bokeh is there."""
    monkeypatch.setattr(dashboard, "find_spec", lambda name: name)


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("", ""),
        ("localhost", "localhost:0"),
        ("0.0.0.0:8787", "0.0.0.0:8787"),
        ("[::1]:80", "[::1]:80"),
        ("head-1", "head-1:0"),
    ],
)
def test_a_free_port_is_taken_unless_one_is_named(asked: str, where: str) -> None:
    assert dashboard_address(asked) == where


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("asked", ["a/b.NEF", "localhost:70000", ":8787", "http://localhost:1", "a b"])
def test_what_is_no_address_is_refused(asked: str) -> None:
    with pytest.raises(RecipeError, match=r"is no address; write HOST or HOST:PORT"):
        dashboard_address(asked)


@pytest.mark.usefixtures("drawn")
def test_a_run_without_a_scheduler_of_its_own_has_none() -> None:
    with pytest.raises(RecipeError, match=r"--jobs 0 starts no dask scheduler; leave it out"):
        dashboard_address("localhost", jobs=0)
    with pytest.raises(RecipeError, match=r"the scheduler at tcp://h:1 has its own"):
        dashboard_address("localhost", "tcp://h:1")


def test_missing_bokeh_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentFailure, match=r"bokeh, which is not installed; pip install 'unveil\[dash"):
        dashboard_address("localhost")
