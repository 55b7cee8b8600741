"""How LibRaw is asked for pictures that it has changed as little as it can."""

from __future__ import annotations

import rawpy

FULL = 65535
"""The highest count of a 16-bit sample."""


def plain_parameters(algorithm: rawpy.DemosaicAlgorithm, colour: rawpy.ColorSpace) -> rawpy.Params:
    """Return LibRaw's settings for 16-bit linear samples that nothing but the demosaic and the colour has changed."""
    return rawpy.Params(
        demosaic_algorithm=algorithm,
        output_color=colour,
        output_bps=16,
        gamma=(1, 1),
        user_wb=[1, 1, 1, 1],
        user_flip=0,
        user_black=0,
        user_cblack=[0, 0, 0, 0],
        user_sat=FULL,
        no_auto_bright=True,
        adjust_maximum_thr=0,
    )
