"""What a pane does to light: how much it reflects and lets through by angle, and where its surfaces put copies.

References
----------
Hecht: "Optics", 5th edition, sections 4.6.2 (Fresnel's equations), 4.6.3 (reflectance) and 9.6 (many reflections
between parallel surfaces; here intensities add, because panes are thicker than the light's coherence).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Pane:
    """Shares of the light that meets a pane, (..., 3, H, W) or as given; what is left is absorbed."""

    transmitted: Tensor
    first: Tensor
    """Reflected by the surface that the light meets first."""
    second: Tensor
    """Come back from inside: off the second surface, once or more often."""

    @property
    def reflected(self) -> Tensor:
        """Both together."""
        return self.first + self.second


@dataclass(frozen=True, slots=True)
class Glazing:
    """Shares of the light that meets a window, the mean of both polarisations."""

    transmitted: Tensor
    copies: tuple[Tensor, ...]
    """Reflected, by surface: the front pane's two, then the rear pane's two, which are 0 for a single pane."""


def fresnel(cosine: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """Return the reflectance of a surface between air and glass.

    Parameters
    ----------
    cosine : float
        Of the angle between the light and the normal, in air, in (0, 1]; any shape.
    index : float
        Refractive index of the glass, above 1; broadcasts with `cosine`.

    Returns
    -------
    Two tensors in [0, 1)
        For light polarised across the plane of incidence (s) and in it (p). Both are ((n - 1) / (n + 1))**2 along the
        normal; p is 0 where the angle's tangent is n (Brewster). The same holds from the inside.
    """
    inside = _refracted(cosine, index)
    s = (cosine - index * inside) / (cosine + index * inside)
    p = (index * cosine - inside) / (index * cosine + inside)
    return s**2, p**2


def pane(surface: Tensor, internal: Tensor) -> Pane:
    """Return what a pane of two like surfaces does to light of one polarisation.

    Parameters
    ----------
    surface : float
        Reflectance of a surface.
    internal : float
        Share of the light that survives one way through the glass.
    """
    lost = internal**2 * surface**2
    through = (1 - surface) ** 2 * internal / (1 - lost)
    return Pane(through, surface, (1 - surface) ** 2 * internal**2 * surface / (1 - lost))


def glazing(cosine: Tensor, index: Tensor, internal: Tensor, double: Tensor) -> Glazing:
    """Return what single or double glazing does to unpolarised light.

    Parameters
    ----------
    cosine : (N, 1, H, W) float32
        Of the angle of incidence, in (0, 1].
    index : (N, 1, 1, 1) float32
    internal : (N, 3, 1, 1) float32
        Share of each colour that survives the way through a pane along the normal; oblique ways are longer.
    double : (N, 1, 1, 1) float32
        1: two such panes; 0: one.

    Returns
    -------
    Glazing
        Of (N, 3, H, W) each; `transmitted` and the copies add up to at most 1.
    """
    slant = internal ** (1 / _refracted(cosine, index))
    panes = [pane(surface, slant) for surface in fresnel(cosine, index)]
    return Glazing(_mean([_through(p, double) for p in panes]), _mean_copies(panes, double))


def path_difference(cosine: Tensor, index: Tensor, thickness: Tensor) -> Tensor:
    """Return how far apart the rays leave that a plate's two surfaces reflect, in units of `thickness`.

    2 d sin(a) cos(a) / sqrt(n^2 - sin(a)^2); 0 along the normal. For the air between two panes the index is 1.
    """
    sine = (1 - cosine**2).clamp(min=0).sqrt()
    return 2 * thickness * sine * cosine / (index**2 - sine**2).sqrt()


def cosines(height: int, width: int, view: Tensor, tilt: Tensor, azimuth: Tensor) -> Tensor:
    """Return the cosine of the angle of incidence at every pixel of a pinhole camera's picture.

    Parameters
    ----------
    view : (N, 1, 1, 1) float32
        Angle of view over the longer side, radians.
    tilt, azimuth : (N, 1, 1, 1) float32
        The pane's normal: its angle to the optical axis, and its direction around it, radians.

    Returns
    -------
    (N, 1, height, width) float32
        At most 1; not above 0 where the ray would not meet the pane.
    """
    half = (view / 2).tan() / max(height, width)
    x = torch.arange(1.0 - width, width, 2, device=view.device) * half
    y = (torch.arange(1.0 - height, height, 2, device=view.device) * half).transpose(2, 3)
    across = azimuth.cos() * x + azimuth.sin() * y
    return (tilt.sin() * across + tilt.cos()) / (x**2 + y**2 + 1).sqrt()


def _refracted(cosine: Tensor, index: Tensor) -> Tensor:
    """Return the cosine of the angle inside the glass (Snell)."""
    return (1 - (1 - cosine**2) / index**2).sqrt()


def _rear(front: Pane) -> Tensor:
    """Return what light that passed the front pane's gap, met the rear pane and came back is worth, per reflection."""
    return front.transmitted**2 / (1 - front.reflected**2)


def _through(front: Pane, double: Tensor) -> Tensor:
    return front.transmitted * (1 - double + double * front.transmitted / (1 - front.reflected**2))


def _mean_copies(panes: list[Pane], double: Tensor) -> tuple[Tensor, ...]:
    rear = [double * _rear(p) for p in panes]
    kinds = (
        [p.first.expand_as(p.second) for p in panes],
        [p.second for p in panes],
        [r * p.first for r, p in zip(rear, panes, strict=True)],
        [r * p.second for r, p in zip(rear, panes, strict=True)],
    )
    return tuple(_mean(kind) for kind in kinds)


def _mean(both: list[Tensor]) -> Tensor:
    return (both[0] + both[1]) / 2
