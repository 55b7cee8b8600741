"""Prepared networks give the answer of the network that they were, in the precision that was asked for."""

from __future__ import annotations

import shutil
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from unveil.pipeline.errors import EnvironmentFailure
from unveil.plugins.separation.inference import fusing, looking, precision_of, prepare
from unveil.plugins.separation.parameters import Inference

ACTIVATIONS = (nn.ReLU(), nn.LeakyReLU(0.2), nn.PReLU(), nn.PReLU(8), nn.Sigmoid(), nn.Tanh(), nn.Identity())


@pytest.fixture
def picture(noise: torch.Generator) -> Tensor:
    return torch.randn(2, 3, 9, 11, generator=noise)


def net(activation: nn.Module) -> nn.Sequential:
    torch.manual_seed(3)
    norm = nn.BatchNorm2d(8)
    nn.init.uniform_(norm.running_var, 0.5, 2)  # type: ignore[arg-type]
    nn.init.normal_(norm.running_mean)  # type: ignore[arg-type]
    layers = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 2, 2, bias=False), norm, nn.Conv2d(8, 8, 1), activation)
    return layers.append(nn.Conv2d(8, 4, 5, padding=2)).eval()


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda layer: type(layer).__name__)
def test_a_prepared_network_gives_the_same_answer(activation: nn.Module, picture: Tensor) -> None:
    network = net(activation)
    with torch.no_grad():
        expected = network(picture)
    for _ in range(2):  # twice is once
        prepare(network, "cpu", Inference())
        torch.testing.assert_close(
            looking(network.__call__, "cpu", Inference())(picture), expected, atol=1e-6, rtol=0
        )


@pytest.mark.skipif(not fusing(), reason="this PyTorch is built without oneDNN")
def test_activations_are_taken_over() -> None:
    network = net(nn.ReLU())
    prepare(network, "cpu", Inference())
    kinds = [type(layer).__name__ for layer in network]
    assert kinds == ["Conv2d", "Identity", "Conv2d", "Identity", "Conv2d"]


def test_a_convolution_apart_keeps_its_activation() -> None:
    network = net(nn.ReLU())
    prepare(network, "cpu", Inference(), apart=[network[2]])
    assert isinstance(network[3], nn.ReLU)


def test_broken_pixels_are_not_lost_in_an_activation(picture: Tensor) -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.ReLU())
    prepare(network, "cpu", Inference())
    picture[0, 1, 4, 5] = float("nan")
    answer = looking(network.__call__, "cpu", Inference())(picture)
    assert bool(answer[0, :, 3:6, 4:7].isnan().all())
    assert int(answer.isnan().sum()) == 4 * 9


@pytest.mark.parametrize(("precision", "apart"), [("bfloat16", 0.1), ("float16", 0.01)])
def test_halves_stay_near(picture: Tensor, precision: str, apart: float) -> None:
    network, options = net(nn.ReLU()), Inference.model_validate({"precision": precision})
    with torch.no_grad():
        expected = network(picture)
    prepare(network, "cpu", options)
    answer = looking(network.__call__, "cpu", options)(picture)
    assert answer.dtype == getattr(torch, precision)
    assert 0 < float((answer.float() - expected).abs().max()) < apart


def test_auto_is_bfloat16_on_cuda_alone() -> None:
    found = {device: precision_of(Inference(), device) for device in ("cpu", "mps", "cuda", "cuda:1")}
    assert found == dict.fromkeys(("cuda", "cuda:1"), torch.bfloat16) | dict.fromkeys(
        ("cpu", "mps"), torch.float32
    )


@pytest.mark.filterwarnings("ignore")  # the compiler's own
def test_a_compiler_that_is_missing_is_a_sentence(monkeypatch: pytest.MonkeyPatch, picture: Tensor) -> None:
    from torch._inductor import config

    monkeypatch.setattr(config.cpp, "cxx", ("/nowhere/g++",))
    torch._dynamo.reset()
    look = looking(lambda x: (x * 3).sin() + 0.4321, "cpu", Inference(compile=True))
    with pytest.raises(
        EnvironmentFailure, match=r"^torch\.compile does not work on this machine \(.+\); leave"
    ):
        look(picture)


@pytest.mark.filterwarnings("ignore")  # the compiler's own
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_network_gives_the_same_answer(picture: Tensor) -> None:
    network, options = net(nn.LeakyReLU(0.2)), Inference(compile=True)
    with torch.no_grad():
        expected = deepcopy(network)(picture)
    prepare(network, "cpu", options)
    torch.testing.assert_close(
        looking(network.__call__, "cpu", options)(picture), expected, atol=1e-6, rtol=0
    )
