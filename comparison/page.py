"""The page of a comparison: one HTML file, its pictures inside it, links to the results beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import jinja2
import numpy as np

from ..pipeline.recipe.check import METHOD_STAGE
from ..pipeline.report import FileLink, link
from ..pipeline.results import Written
from ..pipeline.shown import counted, duration, shown, size
from ..pipeline.suggest import listing
from ..pipeline.whole import write_whole
from .compare import Comparison, decibels, stage_seconds
from .develop import SMALL, Column
from .pictures import SAMPLES, Picture, fitted
from .places import Place

CROP_QUALITY, WHOLE_QUALITY = 95, 88
"""Of JPEGs with colour at full resolution: crops are judged, whole pictures are for finding the way."""
CAME = "as it came"

Row = tuple[str, tuple[str, ...]]
"""Label, and a cell for each head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column as the page shows it; pictures are data URLs, empty where there is nothing to show."""

    name: str
    about: str
    reason: str = ""
    whole: str = ""
    reflection: str = ""
    files: tuple[FileLink, ...] = ()
    steps: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place as the page shows it."""

    number: int
    words: str
    style: str
    """Where its mark stands on a whole picture."""
    width: int
    height: int
    crops: tuple[tuple[str, str], ...]
    """Name of the column and its crop, a data URL."""


def write_page(comparison: Comparison, path: Path) -> Path:
    """Write the page, whole or not at all, and return its path (`EnvironmentFailure`)."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("compare.html").render(
        title=shown(comparison.source.name),
        summary=_summary(comparison),
        remarks=list(_remarks(comparison)),
        heads=_heads(comparison),
        came=CAME if comparison.came is not None else "",
        rows=list(_rows(comparison)),
        spots=[_spot(n, place, comparison) for n, place in enumerate(comparison.places, 1)],
    )
    write_whole(path, page)
    return path


def jpeg_url(picture: Picture, quality: int) -> str:
    """Return a picture as the data URL of an 8-bit JPEG."""
    samples = np.round(picture.astype(np.float32) / 257).astype(np.uint8)
    data = imagecodecs.jpeg8_encode(np.ascontiguousarray(samples), level=quality, subsampling="444")
    return "data:image/jpeg;base64," + base64.b64encode(bytes(data)).decode("ascii")


def _summary(comparison: Comparison) -> str:
    failed = len(comparison.columns) - len(comparison.done())
    height, width = comparison.size
    words = f"{counted(len(comparison.columns), 'variant')}, compared at {width} x {height} pixels"
    return words + (f"; {failed} failed" if failed else "")


def _remarks(comparison: Comparison) -> Iterator[str]:
    """Yield what has to be known to read the figures."""
    done = comparison.done()
    larger = [f"{c.variant.name} ({x.size[1]} x {x.size[0]})" for c, x in done if x.size != comparison.size]
    if larger:
        yield f"Shrunk to the smallest, averaging light, before they are compared: {listing(larger)}."
    yield (
        "Compared are the developed pictures in sRGB, clipped to its range, before they are shrunk or compressed "
        f"for a file. Delta E 2000 is measured on at most {SAMPLES // 1000} 000 pixels, evenly spread."
    )
    yield "Times are of this one frame; those of the first variant hold what is loaded once."
    if comparison.came is not None:
        yield f"“{CAME}”: the frame before its separation, with the colours and the exposure of {comparison.came_of}."
    else:
        yield "No variant keeps the frame as it came, so there is no column of it."
    if len({_exposure(column) for column, _ in done}) > 1:
        yield (
            "The variants are exposed differently, each as its recipe says, and that is part of the figures; "
            "--set tone.exposure=EV gives all of them the same."
        )
    if comparison.truth is not None:
        yield (
            f"The truth is {shown(comparison.truth.name)}, developed by the first recipe without its separation; "
            "an automatic exposure is its own, and then PSNR at the best exposure is the fairer figure."
        )
    for column, looks in done:
        if looks.added:
            name = column.variant.name
            yield f"{name} ends before the display; for this page it went through {listing(looks.added)}."


def _exposure(column: Column) -> str:
    """Return what `tone` notes of the exposure, which it does first; empty without such a stage."""
    notes = [entry.notes for entry in column.result.trail if "exposure" in entry.parameters]
    return notes[0][0] if notes and notes[0] else ""


def _heads(comparison: Comparison) -> list[Head]:
    heads = [_head(column, comparison) for column in comparison.columns]
    if comparison.came is None:
        return heads
    whole = jpeg_url(fitted(comparison.came, SMALL), WHOLE_QUALITY)
    return [Head(name=CAME, about="nothing taken out", whole=whole), *heads]


def _head(column: Column, comparison: Comparison) -> Head:
    looks, result, recipe = column.looks, column.result, column.variant.plan.recipe
    method = f", method {column.variant.method}" if column.variant.method else ""
    return Head(
        name=column.variant.name,
        about=f"recipe {shown(recipe.name)}{method}",
        reason=shown(result.reason),
        whole=jpeg_url(fitted(looks.picture, SMALL), WHOLE_QUALITY) if looks else "",
        reflection=jpeg_url(looks.reflection, WHOLE_QUALITY)
        if looks and looks.reflection is not None
        else "",
        files=tuple(map(_file, result.outputs)),
        steps=tuple(
            (
                shown(entry.stage),
                shown(", ".join(f"{key}: {value}" for key, value in entry.parameters.items())),
                duration(entry.seconds),
                tuple(map(shown, entry.notes)),
            )
            for entry in result.trail
        ),
    )


def _rows(comparison: Comparison) -> Iterator[Row]:
    """Yield the rows of the figures; one that would be empty is left out."""
    columns = comparison.columns
    to = comparison.done()[0][0].variant.name
    first = [""] if comparison.came is not None else []
    names = dict.fromkeys(name for column in columns for name in stage_seconds(column.result))
    scores = dict.fromkeys(name for column in columns for name in column.result.scores)
    table = [
        (
            "light taken for reflection" if name == "reflection" else shown(name),
            [_score(c, name) for c in columns],
        )
        for name in scores
    ]
    table += [
        (f"Delta E to {to}, mean", [f"{c.to_first.mean:.2f}" if c.to_first else "" for c in columns]),
        (
            f"Delta E to {to}, 99th percentile",
            [f"{c.to_first.p99:.2f}" if c.to_first else "" for c in columns],
        ),
    ]
    rows: list[Row] = [(label, (*first, *cells)) for label, cells in table]
    rows += _truth_rows(comparison)
    facts = [
        ("size as developed", [f"{c.looks.size[1]} x {c.looks.size[0]}" if c.looks else "" for c in columns]),
        ("time", [duration(c.result.seconds) if c.looks else "" for c in columns]),
        *((f"in {shown(name)}", [_stage_time(c, name) for c in columns]) for name in names),
        ("device", [c.result.device for c in columns]),
        ("method was trained on", [_method_facts(c) for c in columns]),
        ("separation", [_separation(c) for c in columns]),
    ]
    rows += [(label, (*first, *cells)) for label, cells in facts]
    yield from (row for row in rows if any(row[1]))


def _truth_rows(comparison: Comparison) -> Iterator[Row]:
    found = [column.to_truth for column in comparison.columns]
    if comparison.came is not None:
        found.insert(0, comparison.came_to_truth)
    yield "PSNR to the truth", tuple(decibels(f.psnr) if f else "" for f in found)
    yield "PSNR at the best exposure", tuple(decibels(f.psnr_exposed) if f else "" for f in found)
    yield "SSIM to the truth", tuple(f"{f.ssim:.4f}" if f and f.ssim is not None else "" for f in found)
    yield "Delta E to the truth, mean", tuple(f"{f.delta_e.mean:.2f}" if f else "" for f in found)
    yield "Delta E to the truth, 99th percentile", tuple(f"{f.delta_e.p99:.2f}" if f else "" for f in found)


def _score(column: Column, name: str) -> str:
    value = column.result.scores.get(name)
    if value is None:
        return ""
    return f"{value:.1%}" if name == "reflection" else f"{value:.4g}"


def _stage_time(column: Column, name: str) -> str:
    seconds = stage_seconds(column.result).get(name)
    return "" if seconds is None else f"{seconds:.2f} s"


def _method_facts(column: Column) -> str:
    specs = [
        column.variant.plan.registry.method(stage.parameters.method)
        for stage in column.variant.plan.stages
        if stage.name == METHOD_STAGE and hasattr(stage.parameters, "method")
    ]
    return "; ".join(f"{spec.domain.value}, proxies of {spec.fit} pixels" for spec in specs)


def _separation(column: Column) -> str:
    return "; ".join(
        note
        for entry in column.result.trail
        if entry.stage == METHOD_STAGE
        for note in map(shown, entry.notes)
    )


def _spot(number: int, place: Place, comparison: Comparison) -> Spot:
    height, width = comparison.size
    if place.why == "difference":
        words = f"the variants differ here: mean Delta E {place.amount:.2f} between the two that differ most"
    else:
        words = f"much light was taken here: {place.amount:.1%} of display white on average, where most was"
    pictures = [(column.variant.name, looks.picture) for column, looks in comparison.done()]
    if comparison.came is not None:
        pictures.insert(0, (CAME, comparison.came))
    box = {"left": place.column / width, "top": place.row / height}
    box |= {"width": place.width / width, "height": place.height / height}
    return Spot(
        number=number,
        words=words,
        style="".join(f"{key}:{value:.3%};" for key, value in box.items()),
        width=place.width,
        height=place.height,
        crops=tuple((name, jpeg_url(place.of(picture), CROP_QUALITY)) for name, picture in pictures),
    )


def _file(written: Written) -> FileLink:
    return FileLink(
        name=shown(written.path), url=link(written.path), role=written.role, size=size(written.size)
    )
