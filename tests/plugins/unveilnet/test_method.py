"""The shipped weights take reflections away and leave clean pictures."""

from pathlib import Path

import pytest
import torch
from torch import Generator

from unveil.isp.metrics import psnr
from unveil.plugins.separation.separate import find_reflection
from unveil.plugins.unveilnet.plugin import unveil_methods
from unveil.training.photographs import Photographs, list_photographs
from unveil.training.synth.linear import mix
from unveil.training.synth.ranges import Ranges


@pytest.fixture(scope="module")
def photographs() -> Photographs:
    """Pictures that the shipped weights were not trained on."""
    return Photographs(list_photographs([Path(__file__).parents[2] / "data" / "photographs"]), 224)


def removed(blended: torch.Tensor) -> torch.Tensor:
    (spec,) = unveil_methods()
    method = spec.build(spec.parameters(), "cpu")
    return torch.stack([picture - find_reflection(method, spec, picture) for picture in blended])


def gain(result: torch.Tensor, blended: torch.Tensor, truth: torch.Tensor) -> float:
    gains = [psnr(r, t) - psnr(b, t) for r, b, t in zip(result, blended, truth, strict=True)]
    return sum(gains) / len(gains)


def test_held_out_mixtures_gain_2_db_in_linear_light(photographs: Photographs) -> None:
    generator = Generator().manual_seed(11)
    first, second = photographs.crops(12, generator), photographs.crops(12, generator)
    mixture = mix(first, second, generator, Ranges(clean=0, share=(0.15, 0.5)))
    assert gain(removed(mixture.blended), mixture.blended, mixture.transmission) > 2


def test_clean_pictures_lose_little_light(photographs: Photographs) -> None:
    generator = Generator().manual_seed(12)
    crops = photographs.crops(12, generator)
    mixture = mix(crops, crops, generator, Ranges(clean=1))
    lost = (mixture.blended - removed(mixture.blended)).mean() / mixture.blended.mean()
    assert float(lost) < 0.1


def test_layers_of_the_method_add_up() -> None:
    (spec,) = unveil_methods()
    method = spec.build(spec.parameters(), "cpu")
    proxy = torch.rand(1, 3, 64, 96, generator=Generator().manual_seed(0)) * 1.5
    with torch.inference_mode():
        layers = method(proxy)
    assert layers.reflection is not None
    torch.testing.assert_close(layers.transmission + layers.reflection, proxy)


@pytest.mark.parametrize(("precision", "apart"), [("bfloat16", 0.02), ("float16", 0.002)])
def test_half_precision_stays_near(precision: str, apart: float) -> None:
    (spec,) = unveil_methods()
    proxy = torch.rand(1, 3, 64, 96, generator=Generator().manual_seed(0))
    single, half = (
        spec.build(spec.parameters.model_validate({"precision": asked}), "cpu")(proxy)
        for asked in ("float32", precision)
    )
    assert single.reflection is not None
    assert half.reflection is not None
    assert half.reflection.dtype == torch.float32
    assert 0 < float((half.reflection - single.reflection).abs().max()) < apart
