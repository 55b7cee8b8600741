"""Deep features: the taps, the scales, what files are taken."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from unveil.pipeline.errors import EnvironmentFailure
from unveil.plugins.durrnet.hypercolumn import Vgg19
from unveil.training import pretrained
from unveil.training.losses.perceptual import (
    DURRNET_TAPS,
    IBCLN_TAPS,
    Perceptual,
    load_vgg19,
    multi_scale,
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-19 with made weights, as torchvision's file has them, its classifier and last layers included."""
    torch.manual_seed(0)
    state = {k: v.half() for k, v in Vgg19().state_dict().items()}
    state |= {"features.30.weight": torch.zeros(2), "classifier.0.weight": torch.zeros(2)}
    path = tmp_path_factory.mktemp("vgg") / "vgg19-made.pth"
    torch.save(state, path)
    return path


def picture(seed: int, size: int = 32) -> Tensor:
    return torch.rand(2, 3, size, size, generator=Generator().manual_seed(seed))


@pytest.mark.parametrize(("taps", "normalise"), [(IBCLN_TAPS, False), (DURRNET_TAPS, True)])
def test_loss_is_the_weighted_difference_of_the_taps(
    weights: Path, taps: tuple[float, ...], normalise: bool
) -> None:
    vgg = load_vgg19(weights)
    made, truth = picture(0), picture(1)
    mean, deviation = (
        torch.tensor(x)[:, None, None] if normalise else torch.tensor(y)
        for x, y in (([0.485, 0.456, 0.406], 0.0), ([0.229, 0.224, 0.225], 1.0))
    )
    with torch.no_grad():
        features = [vgg((x - mean) / deviation) for x in (made, truth)]
        expected = sum(w * (a - b).abs().mean() for w, a, b in zip(taps, *features, strict=False))
        loss = Perceptual(taps, weights, normalise)(made, truth)
    torch.testing.assert_close(loss, expected)


def test_published_weights_of_the_taps() -> None:
    assert [round(1 / w, 6) for w in DURRNET_TAPS] == [2.6, 4.8, 3.7, 5.6, 0.15]
    assert [round(1 / w, 6) for w in IBCLN_TAPS] == [2.6, 4.8]


def test_gradient_reaches_the_picture_and_no_weight(weights: Path) -> None:
    loss = Perceptual(IBCLN_TAPS, weights).train()
    made = picture(0).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(made, picture(1)), made)
    assert float(gradient.abs().sum()) > 0
    assert not any(p.requires_grad for p in loss.parameters())
    assert not any(module.training for module in loss.modules())


def test_scales_are_weighed_one_eight_six(weights: Path) -> None:
    loss = Perceptual(IBCLN_TAPS, weights)
    made = [picture(0, 32), picture(1, 16), picture(2, 8)]
    truth = picture(3, 32)
    smaller = [truth, F.avg_pool2d(truth, 2), F.avg_pool2d(truth, 4)]
    expected = sum(w * loss(m, t) for w, m, t in zip((1, 0.8, 0.6), made, smaller, strict=True))
    torch.testing.assert_close(multi_scale(loss, made, truth), expected)


def test_without_a_file_the_lite_encoder_stands_in() -> None:
    pytest.importorskip(pretrained.PACKAGE, reason="needs the extra `train`")
    loss = Perceptual(IBCLN_TAPS)
    truth = F.interpolate(picture(0, 8), size=64, mode="bicubic").clamp(0, 1)
    costs = [float(loss(truth + deviation * picture(1, 64), truth)) for deviation in (0.0, 0.05, 0.3)]
    assert costs[0] == 0
    assert costs == sorted(set(costs))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("missing", r"the weights lack 'features\.0\.weight'"),
        ("shape", r"'features\.0\.weight' has the shape \(1,\)"),
        ("nan", r"'features\.0\.weight' holds values that are not finite"),
    ],
)
def test_file_that_is_not_vgg19_is_refused(weights: Path, tmp_path: Path, change: str, sentence: str) -> None:
    state = torch.load(weights, weights_only=True)
    first = state.pop("features.0.weight")
    made = {"missing": None, "shape": torch.zeros(1), "nan": first * float("nan")}[change]
    path = tmp_path / "vgg19-broken.pth"
    torch.save(state | ({} if made is None else {"features.0.weight": made}), path)
    with pytest.raises(EnvironmentFailure, match=sentence):
        Perceptual(IBCLN_TAPS, path)


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="there is no such file"):
        Perceptual(IBCLN_TAPS, tmp_path / "vgg19-none.pth")
