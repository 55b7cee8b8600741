"""What `colour` would take for a frame: for `unveil inspect`."""

from __future__ import annotations

from typing import Any

from ...pipeline.frame import Frame, Space
from ...pipeline.profile import CameraProfile
from ..parameters import Colour
from .balance import choose_balance, light_of_balance
from .matrices import camera_matrix


def chosen_colour(frame: Frame, parameters: Colour | None = None) -> dict[str, Any] | None:
    """Return the white balance and matrices that `colour` would use, ready for JSON.

    Parameters
    ----------
    frame : Frame
        As decoded or later; `auto` and `pick` need CAMERA_RGB.
    parameters : Colour
        Of the recipe; by default those that stand when it says nothing.

    Returns
    -------
    dict or None
        None for a frame whose colours are those of a named space already. Keys: `white_balance` (R, G, B, smallest 1),
        `kelvin` and `tint` of its light (null where the matrices do not tell), `model`, `matrix_source`, `lights` (in
        K, of the matrices), `forward_matrices`, `profile`, `hue_sat_map`, `look_table`, `working_space`, `matrix`
        (from balanced camera RGB, three rows), `notes`.

    Raises
    ------
    FrameError
        As `choose_balance`.
    """
    if frame.space not in (Space.CFA, Space.CFA_LINEAR, Space.CAMERA_RGB):
        return None
    wanted, camera = parameters or Colour(), frame.camera
    balance = choose_balance(frame, wanted)
    light = light_of_balance(camera, balance.multipliers)
    profile = camera.profile or CameraProfile()
    matrix, remark = camera_matrix(
        camera, wanted.working_space, balance.multipliers, adaptation=wanted.adaptation, model=wanted.model
    )
    return {
        "white_balance": [round(value, 4) for value in balance.multipliers],
        "kelvin": round(light[0]) if light else None,
        "tint": round(light[1], 1) if light else None,
        "model": wanted.model,
        "matrix_source": camera.matrix_source or None,
        "lights": [round(kelvin) for kelvin, _ in camera.xyz_to_camera],
        "forward_matrices": bool(profile.forward) and wanted.model == "dng",
        "profile": profile.name or None,
        "hue_sat_map": bool(profile.hue_sat),
        "look_table": profile.look is not None,
        "working_space": wanted.working_space,
        "matrix": [[round(value, 5) for value in row] for row in matrix.tolist()],
        "notes": [*balance.words, *([remark] if remark else [])],
    }
