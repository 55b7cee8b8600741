"""The method answers as the published cascade does, with less work."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from unveil.pipeline.frame import Frame, Space
from unveil.plugins.ibcln.method import IbclnMethod
from unveil.plugins.ibcln.network import Ibcln
from unveil.plugins.ibcln.plugin import IbclnParameters, unveil_methods, unveil_networks
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.separate import SeparateStage, find_reflection
from unveil.plugins.separation.verify import TOLERANCE, filled_network, tolerance_of

SMALL = Path(__file__).parents[2] / "data" / "reference" / "ibcln"
close = partial(torch.testing.assert_close, atol=TOLERANCE, rtol=0)


@pytest.fixture(scope="module")
def case() -> Mapping[str, Tensor]:
    with np.load(SMALL / "case_b.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


@pytest.fixture(scope="module")
def network() -> Ibcln:
    (spec,) = unveil_networks()
    nets: Mapping[str, Any] = json.loads((SMALL / "case_b.json").read_text("utf-8"))["weights"]["nets"]
    network = filled_network(spec, "", nets)
    assert isinstance(network, Ibcln)
    return network


@pytest.fixture(scope="module")
def build(network: Ibcln) -> Callable[..., IbclnMethod]:
    def method(**parameters: Any) -> IbclnMethod:
        return IbclnMethod(deepcopy(network), "cpu", IbclnParameters(**parameters))

    return method


@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_layers_are_those_of_the_release(
    network: Ibcln, case: Mapping[str, Tensor], iterations: int, device: str, dtype: str
) -> None:
    """Honours `--device` and `--dtype`."""
    (spec,) = unveil_networks()
    parameters = IbclnParameters.model_validate({"iterations": iterations, "precision": dtype})
    close = partial(torch.testing.assert_close, atol=tolerance_of(spec, dtype), rtol=0)
    layers = IbclnMethod(deepcopy(network), device, parameters)(case["I"])
    assert layers.reflection is not None
    close(layers.transmission, case[f"T{iterations}"].clamp(0, 1))
    close(layers.reflection, case[f"R{iterations}"].clamp(0, 1))


def test_leaving_the_reflection_out_does_not_change_the_transmission(
    build: Callable[..., IbclnMethod], case: Mapping[str, Tensor]
) -> None:
    layers = build(reflection=False)(case["I"])
    assert layers.reflection is None
    close(layers.transmission, case["T_final"])


def test_pictures_of_a_batch_do_not_see_each_other(
    build: Callable[..., IbclnMethod], case: Mapping[str, Tensor]
) -> None:
    method = build()
    batch = torch.cat([case["I"], case["I"].flip(1)])
    before = batch.clone()
    together = method(batch).transmission
    close(together[:1], case["T_final"])
    close(together[1:], method(batch[1:]).transmission)
    assert torch.equal(batch, before)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (37, 53)])
def test_any_size_can_be_separated(build: Callable[..., IbclnMethod], size: tuple[int, int]) -> None:
    (spec,) = unveil_methods()
    linear = torch.rand(3, *size, generator=torch.Generator().manual_seed(7))
    found = find_reflection(build(), spec, linear)
    assert found.shape == linear.shape
    assert bool(((found >= 0) & (found <= linear)).all())


@pytest.mark.parametrize(("precision", "tolerance"), [("bfloat16", 0.03), ("float16", 0.004)])
def test_half_precision_stays_near(
    network: Ibcln, case: Mapping[str, Tensor], precision: str, tolerance: float
) -> None:
    """A display value moves by less than 8 of 255 in bfloat16, and by about 1 in float16."""
    parameters = IbclnParameters.model_validate({"precision": precision})
    layers = IbclnMethod(deepcopy(network), "cpu", parameters)(case["I"])
    assert layers.transmission.dtype == torch.float32
    error = (layers.transmission - case["T_final"]).abs().max()
    assert TOLERANCE < float(error) < tolerance


def test_a_display_frame_is_separated_by_a_stage(build: Callable[..., IbclnMethod]) -> None:
    (spec,) = unveil_methods()
    pixels = torch.rand(3, 45, 31, generator=torch.Generator().manual_seed(10))
    frame = Frame(
        source=Path("a.png"), pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb"
    )
    after = SeparateStage(Separate(method="ibcln", keep=("reflection",)), spec, build())(frame)
    assert after.image().shape == (3, 45, 31)
    assert bool(torch.isfinite(after.image()).all())
    assert after.layers["reflection"].shape == (3, 45, 31)
    assert 0 < after.scores["reflection"] < 1
