"""The discriminators have the released shapes and learn to tell."""

import json
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from unveil.training.discriminators import DeepDiscriminator, PatchDiscriminator
from unveil.training.losses.adversarial import least_squares_discriminator, relativistic_discriminator

DATA = Path(__file__).parents[1] / "data" / "reference"


def check_keys(path: Path) -> None:
    described = json.loads(path.read_text("utf-8"))["nets"]["D"]
    state = PatchDiscriminator().state_dict()
    assert [[k, list(v.shape), str(v.dtype).removeprefix("torch.")] for k, v in state.items()] == described[
        "keys"
    ]
    assert sum(v.numel() for v in state.values()) == described["n_parameters"] == 2_764_737


def test_patch_discriminator_has_the_released_keys() -> None:
    check_keys(DATA / "ibcln" / "keys.json")


@pytest.mark.reference
@pytest.mark.parametrize("method", ["ibcln", "cr3net"])
def test_patch_discriminator_has_the_keys_of_every_release(reference: Path, method: str) -> None:
    check_keys(reference / method / "keys.json")


def test_each_patch_logit_sees_seventy_pixels() -> None:
    network = PatchDiscriminator()
    plain = nn.Sequential(*(x for x in network.model if not isinstance(x, nn.InstanceNorm2d)))
    picture = torch.rand(1, 3, 128, 128, generator=Generator().manual_seed(0), requires_grad=True)
    logits = plain(picture)
    assert logits.shape == network(picture).shape == (1, 1, 14, 14)
    (gradient,) = torch.autograd.grad(logits[0, 0, 7, 7], picture)
    seen = gradient.abs().sum((0, 1, 2)).nonzero()
    assert int(seen.max() - seen.min()) + 1 == 70


def test_smallest_picture_of_the_patch_discriminator_is_24() -> None:
    network = PatchDiscriminator()
    assert network(torch.rand(1, 3, 24, 24)).shape == (1, 1, 1, 1)
    with pytest.raises(ValueError, match="more than 1 spatial element"):
        network(torch.rand(1, 3, 23, 23))


def test_deep_discriminator_is_built_as_described() -> None:
    network = DeepDiscriminator()
    convs = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    widths = [64, 64, 128, 128, 256, 256, 512, 512, 512, 512, 1024, 1]
    assert [m.out_channels for m in convs] == widths
    assert [m.stride[0] for m in convs] == [1, 2] * 5 + [1, 1]
    norms = [m for m in network.modules() if isinstance(m, nn.GroupNorm)]
    assert [m.num_groups for m in norms] == [32] * 9
    assert network(torch.rand(2, 3, 40, 56)).shape == (2, 1)


@pytest.mark.parametrize(
    ("network", "loss"),
    [
        (PatchDiscriminator, least_squares_discriminator),
        (DeepDiscriminator, relativistic_discriminator),
    ],
)
def test_discriminator_learns_to_tell(network: type[nn.Module], loss: object) -> None:
    torch.manual_seed(0)
    judge = network()
    real = torch.rand(2, 3, 32, 32, generator=Generator().manual_seed(0))
    made = nn.functional.avg_pool2d(real, 5, 1, 2)
    optimiser = torch.optim.Adam(judge.parameters(), 2e-4, betas=(0.5, 0.999))
    seen: list[float] = []
    for _ in range(8):
        optimiser.zero_grad()
        assert callable(loss)
        value: Tensor = loss(judge(real), judge(made))
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        seen.append(value.item())
    assert seen[-1] < 0.7 * seen[0]
