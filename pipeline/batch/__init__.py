"""Many frames on worker processes of a dask cluster, on this machine or elsewhere.

One task is one frame, or a few where they take milliseconds. A task carries paths and nothing else; each worker builds
the plan once. Only as many tasks are in flight as there are places to work, so that a hundred thousand frames cost the
memory of one hundred.
"""

from .needs import frame_bytes
from .places import Places, default_places, say_if_tight
from .run import run_cluster

__all__ = ["Places", "default_places", "frame_bytes", "run_cluster", "say_if_tight"]
