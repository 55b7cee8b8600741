"""Parameters of the camera stages, as recipes give them; a module for each stage."""

from .colour import Colour, Multiplier, WorkingSpace
from .decode import Decode
from .demosaic import Demosaic
from .encode import Encode
from .linearize import Linearize
from .names import ILLEGAL, check_name, check_tokens
from .tone import OutputSpace, Tone

__all__ = [
    "ILLEGAL",
    "Colour",
    "Decode",
    "Demosaic",
    "Encode",
    "Linearize",
    "Multiplier",
    "OutputSpace",
    "Tone",
    "WorkingSpace",
    "check_name",
    "check_tokens",
]
