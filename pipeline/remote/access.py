"""How URLs are opened: by fsspec, with patience, and with passwords that are never written down."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import sleep
from types import MappingProxyType
from typing import Any, TypeVar

from ..errors import EnvironmentFailure, RecipeError, UnveilError
from ..url import MARK, Url

T = TypeVar("T")

PAUSES = (0.5, 2.0, 5.0)
"""Seconds between tries. The libraries below try several times too; this is for what lasts a little longer."""
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "http": "aiohttp", "https": "aiohttp"}
"""Packages of the extra `remote`."""
FINAL = (
    FileNotFoundError,
    PermissionError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    UnveilError,
)
"""What another try does not change."""
FINAL_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOSYS})
# By name: the packages that they are of may not be there.
REFUSED = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "AuthenticationException", "BadHostKeyException"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What fsspec is told beside a URL. It goes to worker processes, and nowhere else."""

    options: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """User and password that stood in a URL, by `Url.head`."""
    patient: bool = True
    """Whether to try again; not where a person waits to be told of a wrong name."""

    def at(self, url: Url, do: Callable[[Any, str], T]) -> T:
        """Call a function with fsspec's file system of a URL and the path in it, again where the connection fails.

        Raises
        ------
        OSError
            What it raised: `FileNotFoundError`, `PermissionError` and `FileExistsError` are told apart.
        UnveilError
            The package is missing, or the protocol is unknown.
        """
        for pause in (*(PAUSES if self.patient else ()), None):
            system: Any = None
            try:
                system, path = self._opened(url)
                return do(system, path)
            except Exception as error:
                if type(error).__name__ in REFUSED:
                    raise PermissionError(errno.EACCES, words(error)) from error
                if (
                    isinstance(error, (*FINAL, NotImplementedError))
                    or getattr(error, "errno", 0) in FINAL_NUMBERS
                ):
                    raise
                if pause is None and isinstance(error, OSError):
                    raise
                if pause is None:
                    raise OSError(errno.EIO, words(error)) from error
                sleep(pause)
                _forget(system)
        raise AssertionError

    def _opened(self, url: Url) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        try:
            system, path = url_to_fs(str(url), **self.options.get(url.head, {}))
        except ImportError as error:
            raise EnvironmentFailure(_missing(url, error)) from error
        except ValueError as error:
            raise RecipeError(f"{url}: {words(error)}") from error
        # What was listed before is not asked for: files come and go.
        system.invalidate_cache()
        return system, path


def split_credentials(text: str) -> tuple[Url, Mapping[str, Any]]:
    """Return a URL without user and password, and what fsspec shall be told of them; `RecipeError` for a wrong URL."""
    protocol, _, rest = text.partition(MARK)
    protocol = protocol.lower()
    _check(text, protocol, rest)
    host, slash, path = rest.partition("/")
    user, at, bare = host.rpartition("@")
    if not at:
        return Url(f"{protocol}{MARK}{rest}"), {}
    known = _known(f"{protocol}{MARK}{rest}")
    if "username" not in known:
        if ":" in user:
            raise RecipeError(
                f"{protocol}{MARK}{bare}{slash}{path}: user and password cannot stand in this kind of URL; "
                "fsspec's own configuration takes them"
            )
        return Url(f"{protocol}{MARK}{rest}"), {}
    options = {key: known[key] for key in ("username", "password") if known.get(key)}
    return Url(f"{protocol}{MARK}{bare}{slash}{path}"), options


def _check(text: str, protocol: str, rest: str) -> None:
    if "::" in text:
        raise RecipeError(f"{protocol}{MARK}...: several URLs in one are not taken; give one")
    names = rest.strip("/").split("/")
    if not protocol or any(name in ("", ".", "..") for name in names):
        where = "/".join(names).rpartition("@")[2]
        raise RecipeError(f"{protocol}{MARK}{where}: a name in this URL is missing, empty, '.' or '..'")


def _known(text: str) -> Mapping[str, Any]:
    """Return what fsspec reads from a URL beside the path."""
    from fsspec import get_filesystem_class

    try:
        known: Mapping[str, Any] = get_filesystem_class(text.partition(MARK)[0])._get_kwargs_from_urls(text)
    except ImportError as error:
        raise EnvironmentFailure(_missing(Url(text.partition(MARK)[0] + MARK), error)) from error
    except ValueError as error:
        raise RecipeError(words(error)) from error
    return known


def words(error: BaseException) -> str:
    """Return on one line what a library says went wrong."""
    told = error.strerror if isinstance(error, OSError) else None
    text = told or str(error) or type(error).__name__
    return " ".join(text.split()).rstrip(".")


def _missing(url: Url, error: ImportError) -> str:
    package = PACKAGES.get(url.protocol)
    advice = f"it needs {package}: pip install 'unveil[remote]'" if package else words(error)
    return f"{url.protocol}{MARK} cannot be read or written; {advice}"


def _forget(system: Any) -> None:
    """Let the next try connect anew, where a connection belongs to the object."""
    if system is not None and not system.async_impl:
        type(system).clear_instance_cache()
