"""`separate` in every space it takes, with methods whose answer is known."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import Tensor

from unveil.isp.demosaic.blocks import superpixel
from unveil.isp.tone.stage import decode_curve, encode_curve
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Frame, Metadata, Space
from unveil.pipeline.method import Domain, Layers, Method, MethodSpec
from unveil.pipeline.registry import DEFAULT_PLUGINS, build_registry
from unveil.pipeline.stage import Parameters
from unveil.plugins.separation.filling import fill
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.separate import SeparateStage, find_layers, find_reflection
from unveil.plugins.separation.store import import_weights

# XYZ to camera of a common DSLR's order of magnitude; the values only need to be invertible.
MATRIX = ((0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))
BAYER = ((0, 1), (1, 2))
XTRANS = (
    (1, 1, 0, 1, 1, 2), (1, 1, 2, 1, 1, 0), (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0), (1, 1, 0, 1, 1, 2), (0, 2, 1, 2, 0, 1),
)  # fmt: skip


def camera(cfa: tuple[tuple[int, ...], ...] | None) -> Camera:
    return Camera(
        cfa=cfa, white_balance=(2.0, 1.0, 1.5), xyz_to_camera=((6504.0, MATRIX),), matrix_source="dng"
    )


def frame(space: Space, cfa: tuple[tuple[int, ...], ...] | None = BAYER) -> Frame:
    channels = 1 if space is Space.CFA_LINEAR else 3
    coarse = torch.rand(1, channels, 4, 5, generator=torch.Generator().manual_seed(4)) * 0.8 + 0.05
    pixels = F.interpolate(coarse, size=(96, 120), mode="bilinear")[0]
    match space:
        case Space.CFA_LINEAR:
            return Frame(source=Path("a.dng"), pixels=pixels, space=space, camera=camera(cfa))
        case Space.CAMERA_RGB:
            return Frame(source=Path("a.dng"), pixels=pixels, space=space, camera=camera(None))
        case _:
            return Frame(source=Path("a.tif"), pixels=pixels, space=space, primaries="sRGB", curve="srgb")


FRAMES = {
    "bayer": lambda: frame(Space.CFA_LINEAR),
    "x-trans": lambda: frame(Space.CFA_LINEAR, XTRANS),
    "monochrome": lambda: frame(Space.CFA_LINEAR, ((1,),)),
    "camera-rgb": lambda: frame(Space.CAMERA_RGB),
    "linear-rgb": lambda: frame(Space.LINEAR_RGB),
    "display-rgb": lambda: frame(Space.DISPLAY_RGB),
}


def spec(domain: Domain = Domain.LINEAR) -> MethodSpec:
    return MethodSpec(
        name="known",
        summary="",
        domain=domain,
        multiple=32,
        global_statistics=False,
        fit=64,
        gives=("transmission",),
        cost=0.0,
        parameters=Parameters,
        build=lambda parameters, device: identity,
    )


def identity(proxy: Tensor) -> Layers:
    return Layers(transmission=proxy)


def half(proxy: Tensor) -> Layers:
    """Say that half of the light is reflection."""
    return Layers(transmission=proxy / 2)


def not_finite(proxy: Tensor) -> Layers:
    return Layers(transmission=proxy * float("nan"))


def light(shown: Frame) -> Tensor:
    """Linear light of a frame."""
    pixels = shown.image()
    return decode_curve(pixels, shown.curve) if shown.space is Space.DISPLAY_RGB else pixels


@pytest.mark.parametrize("name", FRAMES)
def test_strength_0_returns_the_pixels_bit_for_bit(name: str) -> None:
    before = FRAMES[name]()
    after = SeparateStage(Separate(strength=0), spec(), half)(before)
    assert torch.equal(after.image(), before.image())


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("domain", [Domain.LINEAR, Domain.DISPLAY])
@pytest.mark.parametrize("strength", [-1, 1, 2])
def test_method_that_finds_nothing_leaves_every_bit_of_the_frame(
    name: str, domain: Domain, strength: float
) -> None:
    before = FRAMES[name]()
    parameters = Separate(strength=strength, keep=("transmission", "reflection"))
    after = SeparateStage(parameters, spec(domain), identity)(before)
    assert torch.equal(after.image(), before.image())
    assert torch.equal(after.layers["transmission"], before.image())
    assert not bool(after.layers["reflection"].any())
    assert after.scores == {"reflection": 0, "reflection_area": 0, "drift": 0, "drift_colour": 0}


@pytest.mark.parametrize("name", FRAMES)
def test_layers_add_up_in_linear_light(name: str) -> None:
    before = FRAMES[name]()
    after = SeparateStage(Separate(keep=("reflection", "blended")), spec(), half)(before)
    reflection = light(
        Frame(
            source=before.source,
            pixels=after.layers["reflection"],
            space=before.space,
            curve=before.curve,
        )
    )
    torch.testing.assert_close(light(after) + reflection, light(before), atol=1e-4, rtol=0)
    assert torch.equal(after.layers["blended"], before.image())
    assert reflection.mean() > 0.1


@pytest.mark.parametrize("name", FRAMES)
def test_half_of_the_light_goes_when_the_method_says_half(name: str) -> None:
    before = FRAMES[name]()
    after = SeparateStage(Separate(), spec(), half)(before)
    assert after.scores["reflection"] == pytest.approx(0.5, abs=0.02)
    assert float(light(after).mean() / light(before).mean()) == pytest.approx(0.5, abs=0.05)
    assert after.image().shape == before.image().shape
    assert bool((after.image() >= 0).all())


@pytest.mark.parametrize("name", FRAMES)
def test_strength_minus_1_adds_the_reflection_once_more(name: str) -> None:
    before = FRAMES[name]()
    plus = SeparateStage(Separate(strength=1), spec(), half)(before)
    minus = SeparateStage(Separate(strength=-1), spec(), half)(before)
    torch.testing.assert_close((light(plus) + light(minus)) / 2, light(before), atol=1e-4, rtol=0)


def test_display_method_is_compared_in_linear_light() -> None:
    linear = torch.full((3, 64, 64), 0.4)

    def darker(proxy: Tensor) -> Layers:
        return Layers(transmission=proxy * 0.5)

    found = find_reflection(darker, spec(Domain.DISPLAY), linear)
    shown = 1.055 * 0.4 ** (1 / 2.4) - 0.055  # IEC 61966-2-1
    expected = 0.4 - ((shown / 2 + 0.055) / 1.055) ** 2.4
    torch.testing.assert_close(found, torch.full_like(found, expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 65)])
def test_any_size_is_padded_and_cropped_back(size: tuple[int, int]) -> None:
    seen: list[torch.Size] = []

    def look(proxy: Tensor) -> Layers:
        seen.append(proxy.shape)
        return half(proxy)

    linear = torch.rand(3, *size)
    found = find_reflection(look, spec(), linear)
    assert found.shape == linear.shape
    assert all(side % 32 == 0 for side in seen[0][-2:])
    torch.testing.assert_close(found, linear / 2)


def test_values_that_are_not_finite_fail_the_frame() -> None:
    with pytest.raises(FrameError, match=r"a\.dng: the method 'known' gave values that are not finite"):
        SeparateStage(Separate(), spec(), not_finite)(FRAMES["bayer"]())


def test_sensor_counts_are_refused() -> None:
    counts = Frame(source=Path("a.dng"), pixels=torch.ones(1, 8, 8), space=Space.CFA, camera=camera(BAYER))
    with pytest.raises(FrameError, match="put 'linearize' before it"):
        SeparateStage(Separate(), spec(), half)(counts)


def test_scale_sets_the_long_side_that_the_method_sees() -> None:
    seen: list[torch.Size] = []

    def look(proxy: Tensor) -> Layers:
        seen.append(proxy.shape)
        return identity(proxy)

    SeparateStage(Separate(scale=64), spec(), look)(frame(Space.LINEAR_RGB))
    assert max(seen[0][-2:]) == 64


def test_reflection_on_a_mosaic_has_the_colour_of_the_reflection() -> None:
    """A reflection that is red in the scene is taken from the red cells of the mosaic."""
    before = frame(Space.CFA_LINEAR)

    def red(proxy: Tensor) -> Layers:
        reflection = torch.zeros_like(proxy)
        reflection[:, 0] = 0.05
        return Layers(transmission=proxy - reflection, reflection=reflection)

    after = SeparateStage(Separate(keep=("reflection",)), spec(), red)(before)
    taken = superpixel(after.layers["reflection"], BAYER).mean((1, 2))
    assert taken[0] > 2 * taken[2]


def test_the_method_sees_the_picture_upright() -> None:
    """Orientation 6 must be turned 90 degrees clockwise: the stored left edge is on top then."""
    pixels = torch.full((3, 32, 64), 0.2)
    pixels[:, :, :8] = 0.8
    before = Frame(
        source=Path("a.tif"),
        pixels=pixels,
        space=Space.LINEAR_RGB,
        primaries="sRGB",
        metadata=Metadata(orientation=6),
    )

    def top_is_reflection(proxy: Tensor) -> Layers:
        assert proxy.shape[-2:] == (64, 32)
        reflection = torch.zeros_like(proxy)
        reflection[..., :8, :] = 0.3
        return Layers(transmission=proxy - reflection, reflection=reflection)

    after = SeparateStage(Separate(keep=("reflection",)), spec(), top_is_reflection)(before)
    assert float(after.layers["reflection"][:, :, :6].min()) > 0.05
    assert float(after.layers["reflection"][:, :, 12:].max()) < 0.01


@pytest.mark.parametrize(("asked", "value"), [("auto", 0.5), ("linear", 0.5), ("srgb", 0.7354)])
def test_the_recipe_says_in_which_domain_the_method_is_shown_the_light(asked: str, value: float) -> None:
    """0.7354 is 0.5 sRGB-encoded (IEC 61966-2-1)."""
    seen: list[Tensor] = []

    def watch(proxy: Tensor) -> Layers:
        seen.append(proxy)
        return Layers(transmission=proxy)

    grey = Frame(
        source=Path("a.tif"), pixels=torch.full((3, 32, 32), 0.5), space=Space.LINEAR_RGB, primaries="sRGB"
    )
    found = find_layers(watch, spec(), grey.image(), asked)
    assert float(seen[0].mean()) == pytest.approx(value, abs=1e-4)
    assert float(found.reflection.abs().max()) < 1e-6


def test_a_domain_that_the_method_was_not_trained_in_is_said_in_the_trail() -> None:
    parameters = Separate.model_validate({"domain": "linear"})
    after = SeparateStage(parameters, spec(Domain.DISPLAY), half)(frame(Space.LINEAR_RGB))
    assert "shown as linear though trained otherwise" in after.notes[-1]


def test_the_confidence_of_a_method_is_kept_as_a_map_and_stands_with_the_frame() -> None:
    def sure_on_the_left(proxy: Tensor) -> Layers:
        confidence = torch.zeros_like(proxy[:, :1])
        confidence[..., : proxy.shape[-1] // 2] = 1
        return Layers(transmission=proxy, confidence=confidence)

    turned = replace(frame(Space.DISPLAY_RGB), metadata=Metadata(orientation=3))
    after = SeparateStage(Separate(keep=("confidence",)), spec(), sure_on_the_left)(turned)
    confidence = after.maps["confidence"]
    assert confidence.shape[0] == 1
    assert float(confidence[..., :8].mean()) == 0
    assert float(confidence[..., -8:].mean()) == 1


def test_the_transmission_is_the_frame_less_the_whole_reflection() -> None:
    parameters = Separate(strength=0.3, keep=("transmission",))
    kept = SeparateStage(parameters, spec(), half)(frame(Space.LINEAR_RGB)).layers["transmission"]
    whole = SeparateStage(Separate(), spec(), half)(frame(Space.LINEAR_RGB)).image()
    assert torch.equal(kept, whole)


def both(proxy: Tensor) -> Layers:
    """Give two layers of its own that do not add up to what it is shown."""
    return Layers(transmission=proxy * 0.6, reflection=proxy * 0.3)


def full(domain: Domain) -> MethodSpec:
    """A method that sees the frame at its own size."""
    return replace(spec(domain), fit=256, gives=("transmission", "reflection"))


@pytest.mark.parametrize(
    ("name", "domain"),
    [("linear-rgb", Domain.LINEAR), ("display-rgb", Domain.LINEAR), ("display-rgb", Domain.DISPLAY)],
)
def test_the_residual_is_what_the_two_layers_of_the_method_leave_of_the_light(
    name: str, domain: Domain
) -> None:
    before = FRAMES[name]()
    after = SeparateStage(Separate(keep=("residual",)), full(domain), both)(before)
    blended = light(before)
    if domain is Domain.LINEAR:
        own = blended * 0.9
    else:
        shown = encode_curve(blended, "srgb")
        own = decode_curve(shown * 0.6, "srgb") + decode_curve(shown * 0.3, "srgb")
    residual = light(replace(before, pixels=after.layers["residual"]))
    torch.testing.assert_close(own + residual, blended, atol=1e-4, rtol=0)
    assert float(residual.mean()) > 0.01


@pytest.mark.parametrize("name", ["bayer", "x-trans", "monochrome", "camera-rgb"])
def test_the_residual_has_the_colour_of_the_frame(name: str) -> None:
    before = FRAMES[name]()
    residual = SeparateStage(Separate(keep=("residual",)), full(Domain.LINEAR), both)(before).layers[
        "residual"
    ]
    torch.testing.assert_close(residual, before.image() * 0.1, atol=0.01, rtol=0)


def test_the_residual_may_be_below_0() -> None:
    def too_much(proxy: Tensor) -> Layers:
        return Layers(transmission=proxy * 0.8, reflection=proxy * 0.4)

    before = FRAMES["linear-rgb"]()
    residual = SeparateStage(Separate(keep=("residual",)), full(Domain.LINEAR), too_much)(before).layers[
        "residual"
    ]
    torch.testing.assert_close(residual, before.image() * -0.2, atol=1e-4, rtol=0)


def test_there_is_no_residual_without_a_reflection_of_the_method() -> None:
    with pytest.raises(FrameError, match=r"a\.tif: the method 'unveilnet' gave no reflection of its own"):
        SeparateStage(Separate(keep=("residual",)), spec(), half)(FRAMES["linear-rgb"]())


REAL = ["unveilnet", "ibcln", "location_aware", "durrnet", "dgunet", "cr3net"]
PLACES = [(method, name) for method in REAL for name in FRAMES if (method != "cr3net" or name == "bayer")]


@pytest.fixture(scope="module")
def methods(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[MethodSpec, Method]]:
    """Every method, the published ones as their small variant with weights made from names."""
    registry, folder = build_registry(DEFAULT_PLUGINS), tmp_path_factory.mktemp("weights")
    found: dict[str, tuple[MethodSpec, Method]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNVEIL_WEIGHTS", str(folder / "store"))
        for name in REAL:
            if (network := registry.networks.get(name)) is not None:
                variant = next(variant for variant in network.own if "small" in variant)
                made = network.network(variant)
                fill(made)
                save_file({key: t.clone() for key, t in made.state_dict().items()}, folder / name)
                import_weights(network, variant, [(folder / name).rename(folder / f"{name}.safetensors")])
            declared = registry.method(name)
            found[name] = (declared, declared.build(declared.parameters(), "cpu"))
    return found


@pytest.mark.parametrize(("method", "name"), PLACES)
def test_a_real_method_at_strength_0_leaves_every_bit_and_its_layers_add_up(
    methods: dict[str, tuple[MethodSpec, Method]], method: str, name: str
) -> None:
    before = FRAMES[name]()
    declared, look = methods[method]
    parameters = Separate(strength=0, keep=("transmission", "reflection", "blended"))
    after = SeparateStage(parameters, replace(declared, fit=64), look)(before)
    assert torch.equal(after.image(), before.image())
    layers = {key: light(replace(before, pixels=layer)) for key, layer in after.layers.items()}
    torch.testing.assert_close(
        layers["transmission"] + layers["reflection"], layers["blended"], atol=1e-4, rtol=0
    )
    assert torch.equal(after.layers["blended"], before.image())
    assert bool((layers["reflection"] >= 0).all())


@pytest.mark.parametrize(
    ("written", "read"), [("fit 512", 512), (512, 512), ("full", "full"), ("auto", "auto")]
)
def test_the_scale_may_be_spelled_out(written: object, read: object) -> None:
    assert Separate.model_validate({"scale": written}).scale == read


@pytest.mark.parametrize("written", ["fit", "fit 10", "fit 99999", "512", "whole"])
def test_other_scales_are_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Separate.model_validate({"scale": written}, strict=True)
