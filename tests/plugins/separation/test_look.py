"""Pictures of any size within the memory there is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.pipeline.errors import FrameError
from unveil.pipeline.method import Domain, Layers, Method, MethodSpec
from unveil.pipeline.stage import Parameters
from unveil.plugins.separation.look import Looker, Memory

SPEC = MethodSpec(
    name="blur",
    summary="what is smooth is reflection",
    domain=Domain.LINEAR,
    multiple=16,
    global_statistics=False,
    fit=64,
    gives=("transmission", "confidence"),
    cost=0.0,
    parameters=Parameters,
    build=lambda parameters, device: blur,
    reach=8,
    memory=100,
)


def blur(proxy: Tensor) -> Layers:
    """Look 8 pixels far; the answer has two layers of different depth."""
    smooth = F.avg_pool2d(F.pad(proxy, (8, 8, 8, 8), mode="replicate"), 17, 1)
    return Layers(transmission=proxy - smooth, confidence=smooth[:, :1])


class Limited:
    """A method on a device that holds only so many pixels at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.seen: list[int] = []

    def __call__(self, proxy: Tensor) -> Layers:
        pixels = proxy.shape[0] * proxy.shape[-2] * proxy.shape[-1]
        self.seen.append(pixels)
        if pixels > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return blur(proxy)


def picture(noise: torch.Generator, height: int = 512, width: int = 768) -> Tensor:
    return torch.rand(1, 3, height, width, generator=noise)


def test_a_picture_that_fits_is_seen_whole(noise: torch.Generator) -> None:
    looker = Looker(spec=SPEC, method=blur, memory=Memory(limit=2**26))
    layers = looker(picture(noise))
    assert looker.notes == []
    assert layers.confidence is not None
    assert layers.confidence.shape == (1, 1, 512, 768)


def test_a_small_budget_gives_tiles_and_the_same_answer(noise: torch.Generator) -> None:
    shown = picture(noise)
    looker = Looker(spec=SPEC, method=blur, memory=Memory(limit=100 * 250**2))
    layers = looker(shown)
    assert looker.notes == ["seen in 12 tiles: tiles of 240 pixels on cpu"]
    expected = blur(shown)
    torch.testing.assert_close(layers.transmission, expected.transmission, atol=1e-5, rtol=0)
    torch.testing.assert_close(layers.confidence, expected.confidence, atol=1e-5, rtol=0)


def test_room_makes_tiles_on_a_cpu_unless_a_limit_is_given(noise: torch.Generator) -> None:
    looker = Looker(spec=SPEC, method=blur, memory=Memory(), room=100 * 250**2)
    looker(picture(noise))
    assert looker.notes == ["seen in 12 tiles: tiles of 240 pixels on cpu"]
    looker = Looker(spec=SPEC, method=blur, memory=Memory(limit=2**26), room=100 * 250**2)
    looker(picture(noise))
    assert looker.notes == []


def test_tiles_of_a_picture_that_is_no_multiple_are_padded(noise: torch.Generator) -> None:
    seen: set[tuple[int, int]] = set()

    def see(method: Method, part: Tensor) -> Tensor:
        seen.add((part.shape[-2] % 16, part.shape[-1] % 16))
        return method(part).transmission

    shown = picture(noise, 509, 763)
    answer = Looker(spec=SPEC, method=blur, memory=Memory(limit=100 * 250**2)).through(see, shown)
    assert seen == {(0, 0)}
    torch.testing.assert_close(answer, blur(shown).transmission, atol=1e-5, rtol=0)


def test_out_of_memory_is_met_with_smaller_tiles_and_said(noise: torch.Generator) -> None:
    shown = picture(noise)
    method = Limited(260**2)
    looker = Looker(spec=SPEC, method=method, memory=Memory(limit=2**30))
    layers = looker(shown)
    assert looker.notes[0].startswith(
        "out of memory with the whole picture on cpu: went on with tiles of 384"
    )
    assert looker.notes[-1].startswith("seen in ")
    torch.testing.assert_close(layers.transmission, blur(shown).transmission, atol=1e-5, rtol=0)


def test_the_cpu_is_the_last_way_out(noise: torch.Generator) -> None:
    built: list[str] = []

    def build(device: str) -> Limited:
        built.append(device)
        return Limited(10**9)

    memory = Memory(device="meta", limit=100 * 400**2, build=build)
    looker = Looker(spec=SPEC, method=Limited(100), memory=memory)
    looker(picture(noise))
    assert built == ["cpu"]
    assert any(", 8 at a time on meta" in note for note in looker.notes)
    assert "went on with tiles of 400 pixels on cpu" in looker.notes[-2]


def test_a_method_that_needs_the_whole_picture_is_never_shown_tiles(noise: torch.Generator) -> None:
    method = Limited(10**9)
    looker = Looker(spec=replace(SPEC, global_statistics=True), method=method, memory=Memory(limit=1000))
    looker(picture(noise))
    assert method.seen == [512 * 768]


def test_no_memory_at_all_is_one_sentence(noise: torch.Generator) -> None:
    looker = Looker(spec=SPEC, method=Limited(100), memory=Memory(limit=2**20))
    with pytest.raises(
        FrameError, match="'blur' runs out of memory even with tiles of 176 pixels on cpu; give"
    ):
        looker(picture(noise))


def test_other_failures_are_not_taken_for_too_little_memory(noise: torch.Generator) -> None:
    def broken(proxy: Tensor) -> Layers:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        Looker(spec=SPEC, method=broken, memory=Memory(limit=2**30))(picture(noise))
