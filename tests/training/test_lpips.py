"""LPIPS on made weights: the formula, both networks, and files that do not fit."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from unveil.pipeline.errors import EnvironmentFailure
from unveil.training.lpips import Lpips, load_lpips

CHANNELS = {"alexnet": (64, 192, 384, 256, 256), "vgg16": (64, 128, 256, 512, 512)}
CONVOLUTIONS = {"alexnet": (0, 3, 6, 8, 10), "vgg16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)}


def made(network: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return features and heads by the names of the files that users have."""
    generator = Generator().manual_seed(3)
    shapes = {k: v.shape for k, v in Lpips(network).state_dict().items() if k.startswith("features")}
    features = {
        k: torch.randn(s, generator=generator) * (2 / s[1:].numel()) ** 0.5 if len(s) > 1 else torch.zeros(s)
        for k, s in shapes.items()
    }
    heads = {
        f"lin{n}.model.1.weight": torch.rand(1, c, 1, 1, generator=generator)
        for n, c in enumerate(CHANNELS[network])
    }
    return features, heads


def saved(folder: Path, network: str) -> list[Path]:
    files = [folder / "features.pth", folder / "heads.pth"]
    features, heads = made(network)
    torch.save(features | {"classifier.1.weight": torch.zeros(2, 2)}, files[0])
    torch.save(heads, files[1])
    return files


def pictures(side: int = 64) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(5)
    return torch.rand(3, side, side, generator=generator), torch.rand(3, side, side, generator=generator)


def by_hand(one: Tensor, other: Tensor) -> float:
    """Return AlexNet's distance as section 3 of the paper has it, layer by layer."""
    features, heads = made("alexnet")
    mean, deviation = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    maps = [(x - mean) / deviation for x in (one, other)]
    total = 0.0
    for n, (index, stride, padding) in enumerate(((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1))):
        if n in (1, 2):
            maps = [F.max_pool2d(x, 3, 2) for x in maps]
        weight, bias = features[f"features.{index}.weight"], features[f"features.{index}.bias"]
        maps = [F.relu(F.conv2d(x[None], weight, bias, stride, padding))[0] for x in maps]
        units = [F.normalize(x, dim=0, eps=1e-10) for x in maps]
        total += float(((units[0] - units[1]) ** 2 * heads[f"lin{n}.model.1.weight"][0]).sum(0).mean())
    return total


def test_distance_is_the_papers(tmp_path: Path) -> None:
    one, other = pictures()
    lpips = load_lpips(saved(tmp_path, "alexnet"), "cpu")
    assert lpips(one, other) == pytest.approx(by_hand(one, other), rel=1e-4)


@pytest.mark.parametrize("network", ["alexnet", "vgg16"])
def test_distance_is_nought_for_equal_pictures_and_grows_with_noise(tmp_path: Path, network: str) -> None:
    one, other = pictures()
    lpips = load_lpips(saved(tmp_path, network), "cpu")
    found = [lpips(one, one + part * (other - one)) for part in (0, 0.1, 0.3, 1)]
    assert found[0] == 0
    assert found == sorted(found)
    assert found[-1] > found[1] > 0
    assert lpips(other, one) == pytest.approx(found[-1], rel=1e-5)


@pytest.mark.parametrize("network", ["alexnet", "vgg16"])
def test_layers_and_taps_are_those_of_torchvision(network: str) -> None:
    lpips = Lpips(network)
    keys = {int(key.split(".")[1]) for key in lpips.features.state_dict(prefix="features.")}
    assert tuple(sorted(keys)) == CONVOLUTIONS[network]
    assert tuple(len(head) for head in lpips.heads) == CHANNELS[network]


def test_state_of_the_released_network_is_one_file(tmp_path: Path) -> None:
    features, heads = made("alexnet")
    slices = {0: 1, 3: 2, 6: 3, 8: 4, 10: 5}
    whole = {
        f"net.slice{slices[int(k.split('.')[1])]}.{k.removeprefix('features.')}": v
        for k, v in features.items()
    }
    extra = {
        "scaling_layer.shift": torch.zeros(1, 3, 1, 1),
        "lins.0.model.1.weight": torch.zeros(1, 64, 1, 1),
    }
    torch.save(whole | heads | extra, tmp_path / "lpips.pth")
    one, other = pictures()
    lpips = load_lpips([tmp_path / "lpips.pth"], "cpu")
    assert lpips(one, other) == pytest.approx(by_hand(one, other), rel=1e-4)


def broken(folder: Path, what: str) -> list[Path]:
    files = saved(folder, "alexnet")
    features, heads = made("alexnet")
    if what == "no features":
        return files[1:]
    if what == "no heads":
        return files[:1]
    if what == "other heads":
        torch.save(made("vgg16")[1], files[1])
    if what == "a layer lacks":
        torch.save({k: v for k, v in features.items() if k != "features.6.weight"}, files[0])
    if what == "not finite":
        torch.save(heads | {"lin0.model.1.weight": torch.full((1, 64, 1, 1), torch.nan)}, files[1])
    if what == "text":
        files[0].write_text("hello")
    if what == "code":
        torch.save({"features.0.weight": print}, files[0])
    if what == "gone":
        files[0].unlink()
    return files


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("no features", "no features there"),
        ("no heads", "no heads there"),
        ("other heads", r"'heads\.1' has the shape \(128,\)"),
        ("a layer lacks", r"lack 'features\.6\.weight'"),
        ("not finite", "not finite"),
        ("text", "not a whole checkpoint"),
        ("code", "could run code and is refused"),
        ("gone", "there is no such file"),
    ],
)
def test_file_that_does_not_fit_is_refused_in_one_sentence(tmp_path: Path, what: str, sentence: str) -> None:
    with pytest.raises(EnvironmentFailure, match=sentence) as error:
        load_lpips(broken(tmp_path, what), "cpu")
    assert "\n" not in str(error.value)


def test_picture_too_small_for_the_features_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 x 32"):
        Lpips("alexnet")(*pictures(31))
    assert Lpips("alexnet")(*pictures(32)) > 0
