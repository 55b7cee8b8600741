"""Packages that not every installation has. Imports none of them."""

from __future__ import annotations

from importlib.util import find_spec

from ..pipeline.errors import EnvironmentFailure


def require_package(package: str, extra: str, user: str) -> None:
    """Raise `EnvironmentFailure` where a package is missing that `user`, as the message begins, needs.

    `extra` is that of our own package which installs it.
    """
    if find_spec(package) is None:
        raise EnvironmentFailure(
            f"{user} needs the package {package}; install it with: pip install -c constraints.txt 'unveil[{extra}]'"
        )


def require_lensfunpy() -> None:
    """Raise `EnvironmentFailure` where `lens` cannot work."""
    require_package("lensfunpy", "lens", "'lens'")


def require_openexr() -> None:
    """Raise `EnvironmentFailure` where no EXR can be written."""
    require_package("OpenEXR", "exr", "format exr")
