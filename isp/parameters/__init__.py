"""Parameters of the camera stages, as recipes give them; a module for each stage."""

from .colour import Adaptation, CameraModel, Colour, Light, Multiplier, Pick, WorkingSpace
from .decode import Decode
from .demosaic import Demosaic
from .encode import Encode
from .lens import Lens
from .linearize import Linearize
from .names import ILLEGAL, check_name
from .tone import OutputSpace, Tone

__all__ = [
    "ILLEGAL",
    "Adaptation",
    "CameraModel",
    "Colour",
    "Decode",
    "Demosaic",
    "Encode",
    "Lens",
    "Light",
    "Linearize",
    "Multiplier",
    "OutputSpace",
    "Pick",
    "Tone",
    "WorkingSpace",
    "check_name",
]
