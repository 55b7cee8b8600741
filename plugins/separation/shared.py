"""What frames of a group share in a separation: how bright their proxies are, and whether they are left alone."""

from __future__ import annotations

from ...isp.metadata.facts import exposure_of
from ...pipeline.frame import Frame


def shared_gain(frame: Frame, own: float) -> float:
    """Return the exposure of a frame's proxy, that of its group's leader where it follows one.

    The method is to see the frames of a group at one brightness. What the leader's proxy was multiplied by is corrected
    by the difference that time, aperture and sensitivity make, so that a bracket looks alike too; where a file does not
    say them, the frame's own exposure is used. Sensor saturation is never brought below white: beyond it nothing is
    known of the light, and grey patches would be shown instead of blown ones. For the same reason a leader whose bright
    parts are saturated, and which was not brightened, brings those of a darker frame no higher than white.

    Parameters
    ----------
    frame : Frame
        In linear light, 1 = saturation.
    own : float
        The gain that its own bright parts ask for.
    """
    shared, exposure = frame.decisions.get("proxy"), exposure_of(frame.metadata.tags)
    if shared is None or shared["exposure"] is None or exposure is None:
        return own
    gain = float(shared["gain"] * 2.0 ** (shared["exposure"] - exposure))
    return max(min(1.0, own), gain if shared["gain"] > 1 else min(gain, own))


def decide_gain(frame: Frame, gain: float) -> Frame:
    """Return the frame with the exposure of its proxy among its decisions."""
    if "proxy" in frame.decisions:
        return frame.note(f"shown at {gain:.3g} times its light, as the group's leader is")
    return frame.decide(proxy={"gain": gain, "exposure": exposure_of(frame.metadata.tags)})
