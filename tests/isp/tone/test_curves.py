"""Transfer functions: values of the standards, round trips, and what happens at the edges."""

import math

import pytest
import torch

from unveil.isp.tone.curves import curve_segments, decode_curve, encode_curve

ALL = ["srgb", "rec709", "linear", "lstar", "gamma:2.2", "gamma:1.8", "gamma:0.5"]
# (linear, encoded) worked out from IEC 61966-2-1 and ITU-R BT.709-6.
KNOWN = [
    ("srgb", 0.0031308, 0.04045),
    ("srgb", 0.002, 0.02584),
    ("srgb", 0.18, 0.4613561295),
    ("srgb", 0.5, 0.7353569831),
    ("srgb", 1.0, 1.0),
    ("rec709", 0.01, 0.045),
    ("rec709", 0.18, 0.4090077289),
    ("rec709", 1.0, 1.0),
    ("linear", 0.18, 0.18),
    ("lstar", 0.18, 0.4949610976),
    ("lstar", 0.001, 0.009032963),
    ("gamma:2.2", 0.18, 0.18 ** (1 / 2.2)),
]


@pytest.mark.parametrize(("curve", "linear", "encoded"), KNOWN)
def test_values_are_those_of_the_standard(curve: str, linear: float, encoded: float) -> None:
    x = torch.tensor(linear, dtype=torch.float64)
    assert float(encode_curve(x, curve)) == pytest.approx(encoded, abs=1e-7)
    assert float(decode_curve(torch.tensor(encoded, dtype=torch.float64), curve)) == pytest.approx(
        linear, abs=1e-7
    )


@pytest.mark.parametrize("curve", ALL)
def test_every_value_comes_back_above_and_below_the_range_too(curve: str) -> None:
    x = torch.linspace(-2, 8, 4001, dtype=torch.float64)
    torch.testing.assert_close(decode_curve(encode_curve(x, curve), curve), x, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("curve", ALL)
def test_single_precision_is_good_for_sixteen_bits(curve: str) -> None:
    x = torch.linspace(0, 1, 65536)
    assert (decode_curve(encode_curve(x, curve), curve) - x).abs().max() < 0.25 / 65535


@pytest.mark.parametrize("curve", ALL)
def test_curves_are_odd_and_rise(curve: str) -> None:
    x = torch.linspace(-2, 2, 4001, dtype=torch.float64)
    y = encode_curve(x, curve)
    torch.testing.assert_close(y, -y.flip(0))
    assert (y.diff() > 0).all()


@pytest.mark.parametrize("curve", ALL)
@pytest.mark.parametrize("change", [encode_curve, decode_curve])
def test_nan_and_infinity_stay_what_they_are(curve: str, change: object) -> None:
    x = torch.tensor([math.nan, math.inf, -math.inf])
    y = change(x, curve)  # type: ignore[operator]
    assert y.isnan().tolist() == [True, False, False]
    assert y[1:].tolist() == [math.inf, -math.inf]


@pytest.mark.parametrize("shape", [(), (5,), (3, 4, 5), (2, 3, 4, 5)])
def test_any_shape_is_kept(shape: tuple[int, ...]) -> None:
    assert encode_curve(torch.rand(shape), "srgb").shape == shape


@pytest.mark.parametrize("curve", ["srgb", "rec709"])
def test_gradients_are_true_at_black(curve: str) -> None:
    x = torch.zeros(1, requires_grad=True)
    (gradient,) = torch.autograd.grad(encode_curve(x, curve).sum(), x)
    assert gradient.tolist() == pytest.approx([curve_segments(curve).slope])


@pytest.mark.parametrize(
    "curve", ["sRGB", "gamma", "gamma:", "gamma:x", "gamma:0", "gamma:-1", "gamma:inf", ""]
)
def test_another_name_is_refused_with_the_known_ones(curve: str) -> None:
    with pytest.raises(ValueError, match="allowed: srgb, rec709, linear, lstar or gamma:<exponent above 0>"):
        encode_curve(torch.ones(1), curve)
