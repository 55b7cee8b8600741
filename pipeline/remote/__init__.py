"""Sources and results that are elsewhere, by fsspec: each frame is fetched, developed in scratch and delivered."""

from .ends import remote_ends
from .fetch import read_remote

__all__ = ["read_remote", "remote_ends"]
