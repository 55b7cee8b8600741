"""The as-shot white balance of a group: that of the frame that leads it."""

from __future__ import annotations

from dataclasses import replace

from ...pipeline.frame import Frame

NAMES = ("white_balance", "side_balance", "side_temperature")
"""Fields of `Camera` that say it, from the camera and from an .xmp beside the file."""


def share_as_shot(frame: Frame) -> Frame:
    """Return a decoded frame that knows the as-shot white balance of its group's leader as its own.

    All that follows sees it: where highlights are cut off, what a method is shown, the colours, and the neutral that a
    DNG is written with. Finished pictures have none and are left as they are.
    """
    if frame.camera.cfa is None and frame.camera.white_balance is None:
        return frame
    own = {name: getattr(frame.camera, name) for name in NAMES}
    given = frame.decisions.get("as_shot")
    frame = frame.decide(as_shot=own if given is None else given)
    if given is None or given == own:
        return frame
    words = f"as-shot white balance {_shown(given)} instead of its own {_shown(own)}"
    return replace(frame, camera=replace(frame.camera, shared_balance=True, **given)).note(words)


def _shown(found: dict[str, tuple[float, ...] | None]) -> str:
    if temperature := found["side_temperature"]:
        return f"{temperature[0]:g} K, tint {temperature[1]:+g} (.xmp)"
    multipliers = found["side_balance"] or found["white_balance"]
    return " ".join(f"{value:.3f}" for value in multipliers) if multipliers else "(none)"
