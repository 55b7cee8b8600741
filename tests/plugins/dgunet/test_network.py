"""DGUNet computes what the published one computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from unveil.plugins.dgunet.network import VARIANTS, make_network
from unveil.plugins.dgunet.plugin import VARIANTS as NAMES
from unveil.plugins.dgunet.plugin import unveil_networks
from unveil.plugins.dgunet.separator import SEPARATORS
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.verify import check_keys, tolerance_of, verify, verify_case

CASES = Path(__file__).parents[2] / "data" / "reference" / "dgunet"
(SPEC,) = unveil_networks()


def test_the_case_in_the_checkout_is_matched(device: str, dtype: str) -> None:
    (check,) = verify(SPEC, CASES, device, dtype)
    assert check.array.startswith("stage")
    assert not check.failed(tolerance_of(SPEC, dtype)), check


@pytest.mark.reference
def test_keys_shapes_order_and_sharing_are_the_published_ones(reference: Path) -> None:
    checks = list(check_keys(SPEC, reference / "dgunet" / "keys.json"))
    assert len(checks) == len(NAMES)
    assert [check.problem for check in checks if check.problem] == []


@pytest.mark.reference
@pytest.mark.parametrize("case", ["deraining_a", "deraining_b", "deblurring_b", "denoising_plus_b"])
def test_cases_of_every_kind_are_matched(reference: Path, device: str, dtype: str, case: str) -> None:
    check = verify_case(SPEC, reference / "dgunet" / f"case_{case}.json", device, dtype)
    assert not check.failed(tolerance_of(SPEC, dtype)), check


@pytest.mark.reference
@pytest.mark.slow
def test_every_case_is_matched(reference: Path, device: str, dtype: str) -> None:
    checks = list(verify(SPEC, reference / "dgunet", device, dtype))
    assert [check for check in checks if check.failed(tolerance_of(SPEC, dtype))] == []
    assert len([check for check in checks if check.array]) >= 10


def test_the_variants_of_the_plugin_are_those_of_the_network() -> None:
    assert tuple(VARIANTS) == NAMES
    assert SPEC.variants == (*NAMES, *SPEC.own)
    assert set(SPEC.own) == set(SEPARATORS)


@pytest.mark.parametrize(
    ("variant", "parameters"), [("deraining", 3_661_912), ("deraining_plus", 12_176_107)]
)
def test_parameters_are_as_many_as_published(variant: str, parameters: int) -> None:
    assert sum(p.numel() for p in make_network(variant).parameters()) == parameters


@torch.inference_mode()
def test_pictures_of_a_batch_do_not_see_each_other() -> None:
    network = make_network("deraining").eval()
    fill(network, gain=0.6)
    pictures = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(4))
    together = network(pictures)[0]
    alone = torch.cat([network(picture[None])[0] for picture in pictures])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
