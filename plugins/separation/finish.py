"""From what a method found in the proxy to the finished frame: subtraction, layers, figures and words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame
from ...pipeline.method import Domain, MethodSpec
from ...pipeline.results import FLAGGED
from .display import bayer_pattern
from .guard import Figures, check_answer, drifted, is_skipped, measure
from .highlights import Highlights
from .mask import at_size, find_mask, read_mask
from .mosaic import full_size_mosaic
from .parameters import Separate
from .proxy import EXPOSURE_QUANTILE, Proxy
from .recompose import (
    Bands,
    encode_light,
    full_size_residual,
    in_bands,
    reflection_by_bands,
    subtract,
    whole,
)

DOMAINS = {Domain.DISPLAY: "srgb", Domain.LINEAR: "linear"}


class Finding(NamedTuple):
    """What a method found in a frame, at the size of the proxy, lying as the frame's pixels do."""

    reflection: Tensor
    """(3, h, w) in the proxy's colour, or (4, h, w) planes of a Bayer mosaic, R, G, G, B; float32 linear light between
    0 and the light that is there."""
    light: Tensor
    """What it was found in, in the same shape."""
    matrix: Tensor | None
    """(3, 3) from the frame's own linear colour to the proxy's; None for planes."""
    size: tuple[int, int]
    """Height and width of what the method saw."""
    confidence: Tensor | None = None
    """(1, h', w') in [0, 1]."""
    residual: Tensor | None = None
    """As `reflection`, with sign; where it was asked for."""
    notes: tuple[str, ...] = ()
    gain: float = 1.0
    """The exposure in `matrix`."""


def finish(frame: Frame, finding: Finding, choice: Separate, spec: MethodSpec) -> Frame:
    """Take a reflection out of a frame as the recipe says.

    Parameters
    ----------
    frame : Frame
        As it reached the stage.
    finding, choice, spec
        What was found in it, the stage's parameters, and the method that looked. Where `finding.light` has the size of
        the frame, the result may be written over it.

    Raises
    ------
    FrameError
        What was found cannot be right, drifts past the limit of a policy that says `fail` or cannot be held against
        it, or the mask does not fit.
    """
    check_answer(frame, spec.name, finding.reflection, finding.light)
    path = find_mask(choice.mask, frame.source) if choice.mask is not None else None
    mask = read_mask(path, frame) if path is not None else None
    figures = _figures(finding, choice.strength, mask)
    shared = frame.decisions.get("skipped")
    skipped = is_skipped(choice.policy, figures) if shared is None else bool(shared)
    frame = frame.decide(skipped=skipped)
    drift = "" if skipped else drifted(choice.policy, figures)
    if drift and choice.policy.on_drift == "fail":
        raise FrameError(
            f"{frame.source}: {drift}; try another method or a smaller strength, or look at the frame yourself"
        )
    highlights = Highlights(frame)
    bands = (
        in_bands(torch.zeros_like(frame.image()), frame)
        if skipped
        else highlights.spare(_full_size(finding, frame))
    )
    layers: dict[str, Tensor] = {}
    if choice.keep:
        reflection = whole(bands, frame)
        layers = _layers(frame, reflection, finding, choice)
        bands = in_bands(reflection, frame)
    maps = {"confidence": c.clamp(0, 1)} if (c := _kept(finding, choice)) is not None else {}
    scores = {**figures.scores(), **({FLAGGED: 1.0} if drift else {})}
    words = _skipped(figures, choice, spec) if skipped else _words(figures, finding, choice, spec, path)
    spare = finding.light if finding.light.shape == frame.image().shape else None
    done = frame if skipped else subtract(frame, bands, choice.strength, mask, spare)
    return replace(
        done,
        layers=MappingProxyType({**frame.layers, **layers}),
        maps=MappingProxyType({**frame.maps, **maps}),
        scores=MappingProxyType({**frame.scores, **scores}),
    ).note(*([f"FLAGGED: {drift}"] if drift else ()), *finding.notes, words, *highlights.words())


def _figures(finding: Finding, strength: float, mask: Tensor | None) -> Figures:
    """Measure in the proxy, where 1 is white; planes are brought there by their bright parts, as proxies are."""
    light, reflection = finding.light, finding.reflection
    amount = strength if mask is None else strength * at_size(mask, *light.shape[-2:])
    if finding.matrix is None:
        brightest = light.amax(0).flatten()
        step = max(1, brightest.numel() // 1_000_000)
        gain = 1 / max(float(torch.quantile(brightest[::step], EXPOSURE_QUANTILE)), 1e-6)
        light, reflection = light * gain, reflection * gain
    return measure(reflection, light, amount)


def _full_size(finding: Finding, frame: Frame) -> Bands:
    """Yield the reflection in the frame's own linear colour and size, between 0 and the light that is there."""
    if finding.matrix is None:
        cfa = bayer_pattern(frame, "this record")
        return in_bands(full_size_mosaic(finding.reflection, cfa, frame.image()), frame)
    proxy = Proxy(linear=finding.light, matrix=finding.matrix)
    return reflection_by_bands(finding.reflection, proxy, frame)


def _layers(frame: Frame, reflection: Tensor, finding: Finding, choice: Separate) -> dict[str, Tensor]:
    """Return the side layers that the recipe keeps; strength and mask do not change them."""

    def residual() -> Tensor:
        if finding.residual is None or finding.matrix is None:
            raise FrameError(
                f"{frame.source}: the method {choice.method!r} gave no reflection of its own, so there is no residual; "
                "take it out of `keep`"
            )
        proxy = Proxy(linear=finding.light, matrix=finding.matrix)
        return encode_light(full_size_residual(finding.residual, proxy, frame), frame)

    layers: dict[str, Callable[[], Tensor]] = {
        "transmission": lambda: subtract(frame, in_bands(reflection, frame), 1).image(),
        "reflection": lambda: encode_light(reflection, frame),
        "blended": frame.image,
        "residual": residual,
    }
    return {name: layers[name]() for name in choice.keep if name in layers}


def _kept(finding: Finding, choice: Separate) -> Tensor | None:
    return finding.confidence if "confidence" in choice.keep else None


def _words(figures: Figures, finding: Finding, choice: Separate, spec: MethodSpec, mask: Path | None) -> str:
    height, width = finding.size
    asked = choice.domain
    shown = (
        "" if asked in ("auto", DOMAINS.get(spec.domain)) else f", shown as {asked} though trained otherwise"
    )
    masked = "" if mask is None else f", where the mask {mask} lets it"
    return (
        f"{spec.name} saw {width} x {height} pixels{shown} and took {figures.reflection:.1%} of the light for "
        f"reflection; it is subtracted at strength {choice.strength:g}{masked}"
    )


def _skipped(figures: Figures, choice: Separate, spec: MethodSpec) -> str:
    if not is_skipped(choice.policy, figures):
        return "skipped, as the group's leader is; the frame goes on untouched"
    return (
        f"skipped: {spec.name} took {figures.reflection:.2%} of the light for reflection, less than policy.skip_below "
        f"{choice.policy.skip_below:g}; the frame goes on untouched"
    )
