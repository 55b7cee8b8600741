"""Dask's dashboard: off unless asked for, and refused in a sentence where it cannot be had. Imports no dask."""

from __future__ import annotations

import re
from importlib.util import find_spec

from .errors import EnvironmentFailure, RecipeError

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?")


def dashboard_address(asked: str, scheduler: str = "", jobs: int | None = None) -> str:
    """Return where the dashboard shall be, `HOST:PORT`; empty: nowhere.

    Parameters
    ----------
    asked
        `HOST`, for a free port, or `HOST:PORT`; empty: none is wanted.
    scheduler, jobs
        Address of the cluster that is used, and worker processes, as in `run.Options`.

    Raises
    ------
    RecipeError
        It is no address, or there will be no scheduler of our own whose dashboard it could be.
    EnvironmentFailure
        Bokeh is missing, which draws it.
    """
    if not asked:
        return ""
    found = _ADDRESS.fullmatch(asked)
    if found is None or int(found[2] or 0) > 65535:
        raise RecipeError(
            f"--dashboard {asked}: is no address; write HOST or HOST:PORT, e.g. localhost or 0.0.0.0:8787"
        )
    if scheduler or jobs == 0:
        why = (
            f"the scheduler at {scheduler} has its own" if scheduler else "--jobs 0 starts no dask scheduler"
        )
        raise RecipeError(f"--dashboard: {why}; leave it out")
    if find_spec("bokeh") is None:
        raise EnvironmentFailure(
            "dask's dashboard is drawn by bokeh, which is not installed; pip install 'unveil[dashboard]', "
            "or leave out --dashboard"
        )
    return f"{found[1]}:{found[2] or 0}"
