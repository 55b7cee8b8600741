"""The small variants: trained files go in as they are, and a method without the authors' weights uses them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import save_file

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.hashing import sha256
from unveil.pipeline.method import MethodSpec
from unveil.pipeline.network import NetworkSpec
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import load_recipe
from unveil.pipeline.registry import build_registry
from unveil.plugins.cr3net import plugin as cr3net
from unveil.plugins.durrnet import plugin as durrnet
from unveil.plugins.ibcln import plugin as ibcln
from unveil.plugins.location_aware import plugin as location_aware
from unveil.plugins.separation.store import find_variant, import_weights
from unveil.plugins.unveilnet.plugin import WEIGHTS

PLUGINS = (ibcln, location_aware, durrnet)
IDS = ("ibcln", "location_aware", "durrnet")


class Offered(NamedTuple):
    """What a plugin offers."""

    method: MethodSpec
    network: NetworkSpec


def offered(plugin: Any) -> Offered:
    (method,), (network,) = plugin.unveil_methods(), plugin.unveil_networks()
    return Offered(method, network)


def train(spec: NetworkSpec, variant: str, path: Path) -> Path:
    """Write a file as training does: half precision, the network's own keys."""
    torch.manual_seed(2)
    state = spec.network(variant).state_dict()
    save_file({key: tensor.half().contiguous() for key, tensor in state.items()}, path)
    return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.mark.parametrize("plugin", PLUGINS, ids=IDS)
@pytest.mark.parametrize("variant", ["auto", "small"])
def test_a_trained_file_is_imported_and_runs(plugin: Any, variant: str, store: Path, tmp_path: Path) -> None:
    spec = offered(plugin)
    import_weights(spec.network, "small", [train(spec.network, "small", tmp_path / "trained.safetensors")])
    method = spec.method.build(spec.method.parameters.model_validate({"variant": variant}), "cpu")
    with torch.inference_mode():
        layers = method(torch.rand(1, 3, 16, 32, generator=torch.Generator().manual_seed(5)))
    assert layers.reflection is not None
    for layer in (layers.transmission, layers.reflection):
        assert layer.shape == (1, 3, 16, 32)
        assert 0 <= float(layer.min()) <= float(layer.max()) <= 1


@pytest.mark.parametrize("plugin", [*PLUGINS, cr3net], ids=(*IDS, "cr3net"))
def test_the_small_net_is_told_apart_from_the_published_one(plugin: Any, store: Path, tmp_path: Path) -> None:
    (spec,) = plugin.unveil_networks()
    usual = spec.variants[-2]
    with pytest.raises(EnvironmentFailure, match=r"trained\.safetensors: "):
        import_weights(spec, usual, [train(spec, "small", tmp_path / "trained.safetensors")])
    with pytest.raises(RecipeError, match=r"no variant of .* is named 'smal'; did you mean 'small'"):
        import_weights(spec, "smal", [tmp_path / "trained.safetensors"])


@pytest.mark.parametrize("plugin", [*PLUGINS, cr3net], ids=(*IDS, "cr3net"))
def test_a_small_net_is_below_4_megabytes_in_half_precision(plugin: Any) -> None:
    (spec,) = plugin.unveil_networks()
    tensors: Iterable[torch.Tensor] = spec.network("small").state_dict().values()
    assert 2 * sum(tensor.numel() for tensor in tensors) < 4e6


def test_imported_goes_before_what_comes_along_and_the_preferred_variant_before_others(
    store: Path, tmp_path: Path
) -> None:
    network = offered(ibcln).network
    along = train(network, "small", tmp_path / "along.safetensors")
    wanted, own = ("", "small"), {"small": along}
    assert find_variant("ibcln", wanted, own) == ("small", along)
    imported = import_weights(network, "small", [along])
    assert find_variant("ibcln", wanted, own) == ("small", imported)
    full = import_weights(network, "", [train(network, "", tmp_path / "full.safetensors")])
    assert find_variant("ibcln", wanted, own) == ("", full)


def test_missing_weights_tell_every_way_to_get_some(store: Path, tmp_path: Path) -> None:
    own = {"small": tmp_path / "none.safetensors"}
    with pytest.raises(EnvironmentFailure) as error:
        find_variant("ibcln", ("", "small"), own)
    assert str(error.value) == (
        f"no weights of 'ibcln' or 'ibcln-small' are in {store}; get the authors' files and run `unveil weights "
        "import ibcln FILE...`, or train them (`unveil train --method ibcln`) and run `unveil weights import ibcln "
        "FILE... --variant small`"
    )


def test_the_hash_of_a_plan_covers_the_weights_that_would_be_loaded(store: Path, tmp_path: Path) -> None:
    registry = build_registry()
    recipe = load_recipe("window", registry, ["separate.method=ibcln"])
    hashes = [make_plan(recipe, registry).hash]
    network = offered(ibcln).network
    for variant in ("small", ""):
        import_weights(network, variant, [train(network, variant, tmp_path / f"{variant}.safetensors")])
        hashes.append(make_plan(recipe, registry).hash)
    assert len(set(hashes)) == 3


def test_the_trail_names_the_weights_that_were_taken(store: Path, tmp_path: Path) -> None:
    network = offered(ibcln).network
    imported = import_weights(network, "small", [train(network, "small", tmp_path / "w.safetensors")])
    registry = build_registry()
    for method, expected in (
        ("ibcln", f"weights of ibcln: ibcln-small, imported, sha256 {sha256(imported)[:12]}"),
        ("unveilnet", f"weights of unveilnet: unveilnet, sha256 {sha256(WEIGHTS)[:12]}"),
    ):
        recipe = load_recipe("window", registry, [f"separate.method={method}"])
        (stage,) = (s for name, _, s in make_plan(recipe, registry).build() if name == "separate")
        frame = Frame(
            source=tmp_path / "f.png",
            pixels=torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1)),
            space=Space.DISPLAY_RGB,
            primaries="sRGB",
            curve="srgb",
        )
        assert expected in stage(frame).notes
