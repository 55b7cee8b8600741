"""The synthesis that IBCLN and CR3Net share: a blurred, vignetted reflection added in approximately linear light.

Drawing is apart from computing: `draw` gives the random numbers of a batch, `vignetted` and `vignetted_raw` are
plain functions of them.

References
----------
Zhang, Ng, Chen: "Single Image Reflection Separation with Perceptual Losses", CVPR 2018 (the recipe).
Li, Yang, He, Lin, Hopcroft: "Single Image Reflection Removal through Cascaded Refinement", CVPR 2020 (IBCLN).
Song et al.: "Real-scene Reflection Removal with RAW-RGB Image Pairs", IEEE TCSVT 2023 (CR3Net: the planes).
Numbers are those of the two releases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..batch import Batch

GAMMA = 2.2
SIGMAS, HIGHEST_SIGMA = 80, 5.0
"""The blur is one of 80 equally spaced standard deviations up to this one, pixels."""
LOWEST_SIGMA = 2.0
"""The releases take the lower end from their batch size, which is 2."""
ATTENUATION = (1.08, 1.18)
ALPHA = (0.8, 1.0)
MAP = 560
"""Side of the vignetting map, pixels."""
MARGIN = 10
"""The window stays this far from the map's far edge."""
RADIUS = 10
"""Of the widest blur: 2 * HIGHEST_SIGMA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """The random numbers of a batch, (N,) each."""

    sigma: Tensor
    """Standard deviation of the reflection's blur, pixels, in [0.01, 5]."""
    attenuation: Tensor
    """Factor of what is taken off the reflection where the mixture is above 1."""
    alpha: Tensor
    """Share of the transmitted light that reaches the camera."""
    top: Tensor
    """First row of the window into the vignetting map, int64."""
    left: Tensor
    """First column of the window, int64."""


def draw(
    n: int,
    height: int,
    width: int,
    generator: Generator,
    device: torch.device | str,
    lowest_sigma: float = LOWEST_SIGMA,
) -> Draws:
    """Draw for `n` pictures of height x width; the numbers depend on the generator alone, not on `device`.

    Raises
    ------
    ValueError
        If a side is 550 or more: the window would not fit into the vignetting map.
    """
    if max(height, width) >= MAP - MARGIN:
        raise ValueError(
            f"pictures of {width} x {height} pixels do not fit into the vignetting map; "
            f"both sides must be below {MAP - MARGIN}"
        )
    sigmas = torch.linspace(lowest_sigma, HIGHEST_SIGMA, SIGMAS)

    def whole(high: int) -> Tensor:
        return torch.randint(high, (n,), generator=generator, device=generator.device).to(device)

    def uniform(low: float, high: float) -> Tensor:
        unit = torch.rand(n, generator=generator, device=generator.device).to(device)
        return low + (high - low) * unit

    return Draws(
        sigma=sigmas.to(device)[whole(SIGMAS)],
        attenuation=uniform(*ATTENUATION),
        alpha=uniform(*ALPHA),
        left=whole(MAP - width - MARGIN),
        top=whole(MAP - height - MARGIN),
    )


def vignetted(transmission: Tensor, reflection: Tensor, draws: Draws) -> Batch:
    """Put a reflection over a picture.

    Parameters
    ----------
    transmission, reflection : (N, 3, H, W) float32
        Display-encoded pictures in [0, 1]; the sides are above 10 pixels.
    draws : Draws
        Random numbers, on the pictures' device.

    Returns
    -------
    Batch
        Display-encoded, in [0, 1]. `transmission` is the given one, not attenuated; `reflection` is what was
        added, blurred and vignetted; `alpha` is rounded to one decimal, as the releases tell it to their losses.
    """
    _, reflected, mixture = _linear(transmission, reflection, draws)
    return _display(transmission, reflected, mixture, draws)


def vignetted_raw(transmission: Tensor, reflection: Tensor, draws: Draws) -> Batch:
    """Do what `vignetted` does, with the planes of a mosaic of each linear picture beside it (CR3Net).

    H and W must be even. No inverse white balance, colour matrix or noise, as released.
    """
    linear, reflected, mixture = _linear(transmission, reflection, draws)
    return replace(
        _display(transmission, reflected, mixture, draws),
        blended_raw=mosaic_planes(mixture),
        transmission_raw=mosaic_planes(linear),
        reflection_raw=mosaic_planes(reflected),
    )


def mosaic_planes(linear: Tensor) -> Tensor:
    """Sample (N, 3, H, W) by an RGGB filter into the planes R, G, G, B: (N, 4, H / 2, W / 2)."""
    if linear.shape[-2] % 2 or linear.shape[-1] % 2:
        raise ValueError(f"a Bayer mosaic has even sides, got {tuple(linear.shape)}")
    red, green, blue = linear.unbind(1)
    planes = red[:, ::2, ::2], green[:, ::2, 1::2], green[:, 1::2, ::2], blue[:, 1::2, 1::2]
    return torch.stack(planes, 1)


def usable(batch: Batch, source: Tensor) -> Tensor:
    """Return which mixtures the releases keep: (N,) bool.

    `source` is the picture that the reflection was made of, (N, 3, H, W). Left out are mixtures of a scene more
    than twice as bright as that picture, and those of which a layer or the whole is almost black.
    """
    brightest = [x.amax((1, 2, 3)) for x in (batch.transmission, batch.reflection, batch.blended)]
    balanced = batch.transmission.mean((1, 2, 3)) / 2 <= source.mean((1, 2, 3))
    return balanced & (brightest[0] >= 0.15) & (brightest[1] >= 0.15) & (brightest[2] >= 0.1)


def _linear(transmission: Tensor, reflection: Tensor, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
    """Return the transmission, the reflection added to it and the clipped mixture, in linear light."""
    linear = transmission**GAMMA
    blurred = _attenuate(linear, _blur(reflection**GAMMA, draws.sigma), draws.attenuation)
    reflected = blurred * _window(draws, *transmission.shape[-2:])
    mixture = reflected + draws.alpha[:, None, None, None] * linear
    return linear, reflected, mixture.clamp(0, 1)


def _display(transmission: Tensor, reflected: Tensor, mixture: Tensor, draws: Draws) -> Batch:
    return Batch(
        blended=mixture ** (1 / GAMMA),
        transmission=transmission,
        reflection=reflected ** (1 / GAMMA),
        alpha=(draws.alpha * 10).round()[:, None, None, None] / 10,
    )


def _blur(pictures: Tensor, sigma: Tensor) -> Tensor:
    """Blur each picture by its own Gaussian, cut off at ceil(2 sigma); borders are mirrored."""
    n, c, h, w = pictures.shape
    x = torch.arange(-RADIUS, RADIUS + 1, device=pictures.device, dtype=torch.float64)
    sigma = sigma.double()[:, None]
    kernel = torch.exp(-0.5 * (x / sigma) ** 2) * (x.abs() <= (2 * sigma).ceil())
    kernel = (kernel / kernel.sum(1, keepdim=True)).to(pictures.dtype).repeat_interleave(c, 0)[:, None]
    flat = F.pad(pictures.reshape(1, n * c, h, w), (RADIUS,) * 4, mode="reflect")
    flat = F.conv2d(flat, kernel[:, :, None, :], groups=n * c)
    return F.conv2d(flat, kernel[:, :, :, None], groups=n * c).reshape(n, c, h, w)


def _attenuate(linear: Tensor, blurred: Tensor, attenuation: Tensor) -> Tensor:
    """Take off the reflection, for each channel, what the mixture's bright pixels are above 1 on average."""
    total = linear + blurred
    bright = (total > 1).to(total.dtype)
    mean = (total * bright).sum((2, 3), keepdim=True) / (bright.sum((2, 3), keepdim=True) + 1e-6)
    excess = mean.clamp(min=1) - 1
    return (blurred - excess * attenuation[:, None, None, None]).clamp(0, 1)


def _window(draws: Draws, height: int, width: int) -> Tensor:
    """Cut each picture's window out of the vignetting map: (N, 1, height, width)."""
    profile = _profile().to(draws.top.device)
    rows = profile[draws.top[:, None] + torch.arange(height, device=profile.device)]
    columns = profile[draws.left[:, None] + torch.arange(width, device=profile.device)]
    return (rows[:, :, None] * columns[:, None, :])[:, None].float()


@cache
def _profile() -> Tensor:
    """Return one axis of the vignetting map, which is an outer product: (560,) float64, at most 1."""
    step = 7 / MAP
    edges = torch.linspace(-3 - step / 2, 3 + step / 2, MAP + 1, dtype=torch.float64)
    mass = torch.diff(torch.special.ndtr(edges))
    return torch.sqrt(mass / mass.max())
