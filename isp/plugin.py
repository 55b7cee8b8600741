"""The camera stages as a plugin: names, spaces and how each is built. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..pipeline.frame import Space
from ..pipeline.hookspecs import hookimpl
from ..pipeline.naming import CaptureFacts
from ..pipeline.stage import Routes, Stage, StageContext, StageSpec
from . import parameters as p
from .encode.naming import output_name
from .encode.profile_file import profile_files, profile_problems
from .extras import require_lensfunpy, require_openexr

_S = Space

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def _decode(parameters: p.Decode, context: StageContext) -> Stage:
    from .decode.stage import DecodeStage

    return DecodeStage(parameters, context.device)


def _count_pixels(parameters: p.Decode, source: Path) -> int | None:
    from .decode.header import count_pixels

    return count_pixels(source)


def _side_files(parameters: p.Decode, source: Path) -> Sequence[Path]:
    from .metadata.xmp import side_files

    return side_files(source) if parameters.sidecar == "read" else ()


def _linearize(parameters: p.Linearize, context: StageContext) -> Stage:
    from .linearize.stage import LinearizeStage

    return LinearizeStage(parameters)


def _demosaic(parameters: p.Demosaic, context: StageContext) -> Stage:
    from .demosaic.stage import DemosaicStage

    return DemosaicStage(parameters)


def _colour(parameters: p.Colour, context: StageContext) -> Stage:
    from .colour.stage import ColourStage

    return ColourStage(parameters)


def _tables(parameters: p.Colour, method: Callable[[str], Any]) -> Sequence[Path]:
    return (Path(parameters.lut),) if parameters.lut is not None else ()


def _colour_refuses(
    parameters: p.Colour, method: Callable[[str], Any], spaces: frozenset[Space | None]
) -> Sequence[str]:
    """A table that cannot be read is found before a frame is."""
    if parameters.lut is None:
        return ()
    from .colour.cube import read_cube

    try:
        for path in _tables(parameters, method):
            read_cube(path)
    except ValueError as error:
        return (f"'colour': lut: {error}",)
    return ()


def _tone(parameters: p.Tone, context: StageContext) -> Stage:
    from .tone.stage import ToneStage

    return ToneStage(parameters)


def _lens(parameters: p.Lens, context: StageContext) -> Stage:
    from .lens.stage import LensStage

    return LensStage(parameters)


def _lens_refuses(
    parameters: p.Lens, method: Callable[[str], Any], spaces: frozenset[Space | None]
) -> Sequence[str]:
    """A package that is missing is told before a frame is read."""
    require_lensfunpy()
    return ()


def _encode(parameters: p.Encode, context: StageContext) -> Stage:
    from .encode.stage import EncodeStage

    return EncodeStage(parameters)


def _encode_refuses(
    parameters: p.Encode, method: Callable[[str], Any], spaces: frozenset[Space | None]
) -> Sequence[str]:
    """A package or a profile that is missing is told before a frame is read."""
    if parameters.format == "exr":
        require_openexr()
    return profile_problems(parameters)


def _decode_routes(parameters: p.Decode) -> Routes:
    """An embedded preview is a finished picture."""
    raw = () if parameters.picture == "embedded" else (_S.CFA, _S.CAMERA_RGB)
    return {None: frozenset({*raw, _S.DISPLAY_RGB})}


_LINEAR = (_S.CFA_LINEAR, _S.CAMERA_RGB, _S.LINEAR_RGB)


def _encode_routes(parameters: p.Encode) -> Routes:
    """A dng takes linear light, an xmp all that there is, an exr and a float tiff what has named primaries, all others
    what `tone` has finished.
    """
    taken: tuple[Space, ...] = (_S.DISPLAY_RGB,)
    if parameters.format == "dng":
        taken = _LINEAR
    elif parameters.format == "xmp":
        taken = (*_LINEAR, _S.DISPLAY_RGB)
    elif parameters.format == "exr":
        taken = (_S.LINEAR_RGB,)
    elif parameters.floats:
        taken = (_S.LINEAR_RGB, _S.DISPLAY_RGB)
    return {space: frozenset({space}) for space in taken}


@hookimpl
def unveil_capture_facts(source: Path) -> CaptureFacts:
    """Read them from EXIF, or by LibRaw."""
    from .metadata.facts import capture_facts

    return capture_facts(source)


@hookimpl
def unveil_glimpse(source: Path) -> NDArray[np.float32] | None:
    """Read the preview of a RAW file, or a finished picture."""
    from .decode.glimpse import read_glimpse

    return read_glimpse(source)


@hookimpl
def unveil_stages() -> Iterable[StageSpec]:
    """Offer the camera stages."""
    yield StageSpec(
        name="decode",
        summary="read a RAW file (LibRaw) or the preview in it, or an 8/16-bit TIFF, PNG or JPEG",
        parameters=p.Decode,
        routes={None: frozenset({_S.CFA, _S.CAMERA_RGB, _S.DISPLAY_RGB})},
        build=_decode,
        pixels=_count_pixels,
        companions=_side_files,
        narrow=_decode_routes,
        decides=lambda parameters: parameters.picture == "raw",
    )
    yield StageSpec(
        name="linearize",
        summary="black to 0, saturation to 1; undoes the display curve of a finished picture",
        parameters=p.Linearize,
        routes={
            _S.CFA: frozenset({_S.CFA_LINEAR}),
            _S.CAMERA_RGB: frozenset({_S.CAMERA_RGB}),
            _S.DISPLAY_RGB: frozenset({_S.LINEAR_RGB}),
        },
        build=_linearize,
        keeps=lambda parameters: frozenset(parameters.keep),
    )
    yield StageSpec(
        name="demosaic",
        summary="three colours at every pixel; passes frames that have them already",
        parameters=p.Demosaic,
        routes={
            _S.CFA_LINEAR: frozenset({_S.CAMERA_RGB}),
            _S.CAMERA_RGB: frozenset({_S.CAMERA_RGB}),
            _S.LINEAR_RGB: frozenset({_S.LINEAR_RGB}),
        },
        build=_demosaic,
    )
    yield StageSpec(
        name="colour",
        summary="RAW-to-RGB mapping: white balance and camera matrix into a linear working space",
        parameters=p.Colour,
        routes={_S.CAMERA_RGB: frozenset({_S.LINEAR_RGB}), _S.LINEAR_RGB: frozenset({_S.LINEAR_RGB})},
        build=_colour,
        decides=lambda parameters: (
            parameters.white_balance == "auto" or isinstance(parameters.white_balance, p.Pick)
        ),
        loads=_tables,
        refuses=_colour_refuses,
    )
    yield StageSpec(
        name="lens",
        summary="distortion, vignetting and chromatic aberration of the lens, by lensfun's database",
        parameters=p.Lens,
        routes={space: frozenset({space}) for space in (_S.CAMERA_RGB, _S.LINEAR_RGB)},
        build=_lens,
        refuses=_lens_refuses,
    )
    yield StageSpec(
        name="tone",
        summary="exposure, output primaries and display curve",
        parameters=p.Tone,
        routes={_S.LINEAR_RGB: frozenset({_S.DISPLAY_RGB})},
        build=_tone,
        decides=lambda parameters: parameters.exposure == "auto",
    )
    yield StageSpec(
        name="encode",
        summary="write TIFF, PNG, JPEG, JPEG XL or AVIF with ICC and metadata, or an EXR or DNG before 'tone'",
        parameters=p.Encode,
        routes={space: frozenset({space}) for space in (*_LINEAR, _S.DISPLAY_RGB)},
        build=_encode,
        outputs=output_name,
        reads=lambda parameters: parameters.layer,
        narrow=_encode_routes,
        refuses=_encode_refuses,
        loads=lambda parameters, methods: profile_files(parameters),
    )
