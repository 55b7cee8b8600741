"""Sources and results that are elsewhere, by fsspec: each frame is fetched, developed in scratch and delivered."""

from .ends import remote_ends

__all__ = ["remote_ends"]
