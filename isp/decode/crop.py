"""The part of a picture that its maker shows, cut out as soon as the file is read.

Reference: DNG specification 1.7, chapter 4, DefaultCropOrigin and DefaultCropSize; for other files LibRaw's crop.
"""

from __future__ import annotations

from dataclasses import replace

from ...pipeline.frame import Frame, Space
from .levels import shift


def crop_to_maker(frame: Frame) -> Frame:
    """Cut a decoded frame to `Camera.crop`.

    Parameters
    ----------
    frame : Frame
        (C, H, W) of any space, as the sensor lies; the crop is one within its pixels.

    Returns
    -------
    Frame
        (C, h, w), the very same samples, with pattern and levels that start at the first one left and with `origin`
        for who looks at the file again; a frame without a crop with nothing but a note, a finished picture as it is.
    """
    camera, pixels = frame.camera, frame.image()
    if frame.space is Space.DISPLAY_RGB:
        return frame
    if camera.crop is None:
        return frame.note("crop: nothing is cut off; the file names no part that its maker shows")
    top, left, height, width = camera.crop
    right, bottom = pixels.shape[2] - left - width, pixels.shape[1] - top - height
    camera = replace(
        camera,
        cfa=shift(camera.cfa, top, left) if camera.cfa is not None else None,
        black=shift(camera.black, top, left),
        white=shift(camera.white, top, left),
        size=(height, width),
        crop=None,
        origin=(camera.origin[0] + top, camera.origin[1] + left),
    )
    words = f"left {left}, top {top}, right {right}, bottom {bottom}"
    cut = pixels[:, top : top + height, left : left + width].clone()
    return replace(frame, pixels=cut, camera=camera).note(
        f"crop: {width}x{height} of what the maker shows; cut off: {words}"
    )
