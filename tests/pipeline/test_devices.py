"""Devices that are there are named; those that are not are refused with a reason."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from unveil.pipeline.devices import resolve_device
from unveil.pipeline.errors import EnvironmentFailure, RecipeError

NO_CUDA = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
NO_MPS = pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has MPS")


def test_cpu_is_cpu() -> None:
    assert resolve_device("cpu") == "cpu"


def test_cpu_does_not_import_torch() -> None:
    code = "import sys; from unveil.pipeline.devices import resolve_device; resolve_device('cpu'); "
    subprocess.run([sys.executable, "-c", code + "raise SystemExit('torch' in sys.modules)"], check=True)


def test_auto_is_a_device_that_torch_can_fill() -> None:
    assert torch.ones(3, device=resolve_device("auto")).sum().item() == 3


@NO_CUDA
@NO_MPS
def test_auto_without_accelerator_is_cpu() -> None:
    assert resolve_device("auto") == "cpu"


@NO_CUDA
@pytest.mark.parametrize("asked", ["cuda", "cuda:0", "cuda:7"])
def test_missing_cuda_is_a_failure_of_the_environment(asked: str) -> None:
    with pytest.raises(EnvironmentFailure, match=r"torch finds no CUDA device.*; use cpu or auto") as caught:
        resolve_device(asked)
    assert caught.value.exit_status == 3
    assert repr(asked) in str(caught.value)


@CUDA
def test_cuda_device_beyond_the_last_is_refused() -> None:
    count = torch.cuda.device_count()
    assert resolve_device(f"cuda:{count - 1}") == f"cuda:{count - 1}"
    with pytest.raises(EnvironmentFailure, match=f"finds {count} CUDA device"):
        resolve_device(f"cuda:{count}")


@NO_MPS
def test_missing_mps_is_a_failure_of_the_environment() -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        resolve_device("mps")
    assert str(caught.value) == "device 'mps' was asked for, but torch finds no Apple GPU; use cpu or auto"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("cud", "device 'cud' is unknown; did you mean 'cuda'? allowed: auto, cpu, cuda, cuda:N or mps"),
        ("gpu", "device 'gpu' is unknown; did you mean 'cpu'? allowed: auto, cpu, cuda, cuda:N or mps"),
        ("tpu9000", "device 'tpu9000' is unknown; allowed: auto, cpu, cuda, cuda:N or mps"),
        (
            "cuda:x",
            "device 'cuda:x' is unknown; did you mean 'cuda'? allowed: auto, cpu, cuda, cuda:N or mps",
        ),
        ("", "device '' is unknown; allowed: auto, cpu, cuda, cuda:N or mps"),
    ],
)
def test_unknown_device_is_an_error_of_the_arguments(asked: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        resolve_device(asked)
    assert caught.value.problems == (sentence,)
