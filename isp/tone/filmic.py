"""A filmic curve: highlights roll off towards white, middle grey stays."""

from __future__ import annotations

import torch
from torch import Tensor

GREY = 0.18
"""Reflectance of middle grey, linear; the key of Reinhard et al. 2002, section 2, and the grey card's usual figure."""


def filmic(x: Tensor, white: float) -> Tensor:
    """Compress linear light so that a scene white above 1 comes out as 1.

    u (1 + u / u_w^2) / (1 + u) with u = k x and u_w = k `white` (Reinhard et al. 2002, equation 4, of each value
    instead of the luminance). k = (1 - 0.18 / `white`^2) / (1 - 0.18) is the exposure at which 0.18 comes out as 0.18;
    with `white` = 1 nothing changes.

    Parameters
    ----------
    x : (...) float
        Linear, 1 = display white; any range. Odd-symmetric below 0.
    white : float
        Linear level that becomes 1, at least 1.

    Returns
    -------
    (...) float
        Linear display light: rising everywhere, above 1 where `x` is above `white`. NaN stays NaN, infinity infinite.

    Raises
    ------
    ValueError
        If `white` is below 1 or not finite.

    References
    ----------
    E. Reinhard, M. Stark, P. Shirley, J. Ferwerda: Photographic Tone Reproduction for Digital Images, SIGGRAPH 2002.
    """
    if not 1 <= white < float("inf"):
        raise ValueError(f"white must be at least 1 and finite: {white}")
    k = (1 - GREY / white**2) / (1 - GREY)
    u = k * x.abs()
    share = 1 / (k * white) ** 2
    # The two terms apart, and the limit of the second by hand, keep infinity from becoming inf / inf.
    bent = torch.where(u.isinf(), torch.ones_like(u), u / (1 + u))
    return (share * u + (1 - share) * bent) * x.sign()
