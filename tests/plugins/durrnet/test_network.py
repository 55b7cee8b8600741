"""DURRNet gives what its authors' release gives."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.plugins.durrnet.blocks import ExclProx, InvNet, haar, inverse_haar
from unveil.plugins.durrnet.hypercolumn import CHANNELS, Vgg19, project
from unveil.plugins.durrnet.network import DurrNet, make_network
from unveil.plugins.durrnet.plugin import unveil_networks
from unveil.plugins.separation.verify import TOLERANCE, Check, verify, verify_case

SMALL = Path(__file__).parents[2] / "data" / "reference" / "durrnet"


def noise(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(5))


def shake(network: torch.nn.Module) -> None:
    """Give every parameter a value, those that start at zero too."""
    generator = torch.Generator().manual_seed(6)
    for parameter in network.parameters():
        scale = 0.5 / max(1, parameter[0].numel()) ** 0.5
        torch.nn.init.normal_(parameter, std=scale, generator=generator)


def test_small_case_is_met() -> None:
    (spec,) = unveil_networks()
    check = verify_case(spec, SMALL / "case_plain_a.json")
    assert not check.failed(), check


@pytest.mark.reference
def test_every_reference_case_and_key_is_met(reference: Path) -> None:
    (spec,) = unveil_networks()
    checks: list[Check] = list(verify(spec, reference / "durrnet"))
    assert {check.case for check in checks} >= {
        "case_hyper_a",
        "case_hyper_b",
        "case_plain_a",
        "case_plain_b",
    }
    assert {check.case.split(",")[0] for check in checks} >= {f"keys of {n}" for n in ("hyper", "plain")}
    assert [check for check in checks if check.failed(TOLERANCE)] == []


@pytest.mark.parametrize(("variant", "count"), [(True, 12_072_480), (False, 11_318_816)])
def test_variant_has_the_published_number_of_parameters(variant: bool, count: int) -> None:
    assert sum(p.numel() for p in DurrNet(variant).net.parameters()) == count


def test_batch_gives_what_its_pictures_give_alone() -> None:
    network = make_network("small").eval()
    shake(network)
    pictures = torch.cat((noise(1, 3, 32, 32), 0.01 * noise(1, 3, 32, 32).flip(-1)))
    with torch.inference_mode():
        together = network(pictures)
        alone = [network(picture[None]) for picture in pictures]
    for whole, parts in zip(together, zip(*alone, strict=True), strict=True):
        torch.testing.assert_close(whole, torch.cat(parts), atol=1e-5, rtol=1e-5)


def test_haar_bands_are_means_and_differences_of_a_cell() -> None:
    cell = torch.tensor([[1.0, 2.0], [4.0, 8.0]])
    low, detail = haar(torch.stack((cell, 2 * cell, 0 * cell))[None])
    assert low.flatten().tolist() == [3.75, 7.5, 0.0]
    assert detail.flatten().tolist() == [-2.25, -1.25, 0.75, -4.5, -2.5, 1.5, 0.0, 0.0, 0.0]


def test_haar_is_undone_and_drops_an_odd_last_row_and_column() -> None:
    picture = noise(2, 3, 7, 9)
    torch.testing.assert_close(inverse_haar(*haar(picture)), picture[..., :6, :8])


@torch.inference_mode()
def test_invertible_net_is_undone() -> None:
    net = InvNet()
    shake(net)
    low, detail = noise(1, 3, 6, 8), noise(1, 9, 6, 8)
    changed = net(low, detail)
    assert float((changed[1] - detail).abs().max()) > 0.01
    torch.testing.assert_close(net.inverse(*changed), (low, detail))


@torch.inference_mode()
def test_untrained_exclusion_changes_nothing() -> None:
    layer = noise(1, 3, 8, 10)
    torch.testing.assert_close(ExclProx()(layer, noise(1, 3, 8, 10) + 1), layer)


@torch.inference_mode()
def test_exclusion_does_not_depend_on_the_other_layers_scale() -> None:
    prox = ExclProx()
    shake(prox)
    layer, other = noise(1, 3, 9, 11), noise(1, 3, 9, 11).flip(-1)
    result = prox(layer, other)
    assert result.shape == layer.shape
    torch.testing.assert_close(prox(layer, 7 * other), result)


@pytest.mark.parametrize("halvings", [0, 1, 3])
@pytest.mark.parametrize("size", [(48, 64), (50, 71)])
@torch.inference_mode()
def test_hypercolumn_seen_through_a_convolution_is_the_one_built_in_full(
    size: tuple[int, int], halvings: int
) -> None:
    taps = Vgg19().eval()(noise(1, 3, *size))
    weight = noise(8, sum(CHANNELS), 1, 1) - 0.5
    column = torch.cat([F.interpolate(tap, size=size, mode="bilinear") for tap in taps], 1)
    for _ in range(halvings):
        column = F.interpolate(column, scale_factor=0.5, mode="bilinear", recompute_scale_factor=False)
    expected = F.conv2d(column, weight)
    found = project(taps, weight, size, halvings)
    torch.testing.assert_close(found, expected, atol=2e-6 * float(expected.abs().max()), rtol=0)


@pytest.mark.parametrize("shape", [(16, 16), (17, 31), (33, 20)])
@torch.inference_mode()
def test_hyper_takes_any_size_from_16(shape: tuple[int, int]) -> None:
    answer = DurrNet(True).eval()(noise(1, 3, *shape))
    assert all(layer.shape == (1, 3, *shape) and bool(layer.isfinite().all()) for layer in answer)


def test_gradient_reaches_every_parameter_of_the_trained_net() -> None:
    network = DurrNet(False)
    shake(network)
    answer = network(noise(1, 3, 16, 16))
    torch.autograd.backward(torch.stack(answer).square().mean())
    assert [name for name, p in network.named_parameters() if p.grad is None] == []


@torch.inference_mode()
def test_the_small_net_has_the_same_layers_as_the_plain_one_with_fewer_channels() -> None:
    network = make_network("small")
    assert list(network.state_dict()) == list(make_network("plain").state_dict())
    assert sum(p.numel() for p in network.parameters()) == 1_308_992
    assert network(noise(1, 3, 16, 32)).transmission.shape == (1, 3, 16, 32)
