"""The synthesis of IBCLN and CR3Net gives the numbers of the releases."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from unveil.training.batch import Batch
from unveil.training.synth.vignetted import (
    LOWEST_SIGMA,
    Draws,
    draw,
    mosaic_planes,
    usable,
    vignetted,
    vignetted_raw,
)

BUNDLED = Path(__file__).parents[2] / "data" / "reference"
TOLERANCE = {"R_out": 1e-4}
"""Of the cases; 1e-5 for the others."""
ARRAYS = {
    "I_out": "blended",
    "R_out": "reflection",
    "I_raw": "blended_raw",
    "T_raw": "transmission_raw",
    "R_raw": "reflection_raw",
}


def fixed(case: Path) -> Draws:
    values = json.loads(case.read_text("utf-8"))["parameters"]
    return Draws(
        sigma=torch.tensor([values["sigma"]]),
        attenuation=torch.tensor([values["attenuation"]]),
        alpha=torch.tensor([values["alpha_T"]]),
        top=torch.tensor([values["mask_top"]]),
        left=torch.tensor([values["mask_left"]]),
    )


def arrays(case: Path) -> dict[str, Tensor]:
    with np.load(case.with_suffix(".npz")) as held:
        return {name: torch.from_numpy(held[name]) for name in held.files}


def check(case: Path) -> None:
    held = arrays(case)
    make = vignetted_raw if "I_raw" in held else vignetted
    batch = make(held["T"], held["R"], fixed(case))
    assert torch.equal(batch.transmission, held["T"])
    for name, field in ARRAYS.items():
        if name in held:
            made = getattr(batch, field)
            torch.testing.assert_close(made, held[name], atol=TOLERANCE.get(name, 1e-5), rtol=0, msg=name)


def pictures(n: int = 4, height: int = 32, width: int = 40) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(3)
    return tuple(torch.rand(n, 3, height, width, generator=generator) for _ in range(2))  # type: ignore[return-value]


@pytest.mark.parametrize("method", ["ibcln", "cr3net"])
def test_bundled_case_is_met(method: str) -> None:
    check(BUNDLED / method / "synth_b.json")


@pytest.mark.reference
@pytest.mark.parametrize("method", ["ibcln", "cr3net"])
def test_every_reference_case_is_met(reference: Path, method: str) -> None:
    cases = sorted((reference / method).glob("synth_*.json"))
    assert cases
    for case in cases:
        check(case)


def test_a_batch_is_its_pictures_one_by_one() -> None:
    first, second = pictures()
    draws = draw(4, 32, 40, Generator().manual_seed(0), "cpu")
    whole = vignetted_raw(first, second, draws)
    for i in range(4):
        own = Draws(**{field.name: getattr(draws, field.name)[i : i + 1] for field in fields(Draws)})
        alone = vignetted_raw(first[i : i + 1], second[i : i + 1], own)
        for field in fields(Batch):
            torch.testing.assert_close(
                getattr(whole, field.name)[i : i + 1], getattr(alone, field.name), atol=1e-4, rtol=0
            )


def test_draws_are_of_the_published_ranges() -> None:
    draws = draw(4000, 256, 128, Generator().manual_seed(0), "cpu")
    steps = (draws.sigma - LOWEST_SIGMA) / ((5 - LOWEST_SIGMA) / 79)
    torch.testing.assert_close(steps, steps.round(), atol=1e-3, rtol=0)
    assert len(set(steps.round().tolist())) == 80
    for values, low, high in (
        (draws.attenuation, 1.08, 1.18),
        (draws.alpha, 0.8, 1.0),
        (draws.top, 0, 560 - 256 - 10 - 1),
        (draws.left, 0, 560 - 128 - 10 - 1),
    ):
        assert low <= float(values.min()) < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < float(values.max()) <= high


def test_same_seed_gives_the_same_draws() -> None:
    first, second = (draw(3, 64, 64, Generator().manual_seed(5), "cpu") for _ in range(2))
    assert all(torch.equal(getattr(first, f.name), getattr(second, f.name)) for f in fields(Draws))


def test_picture_larger_than_the_vignetting_map_is_refused() -> None:
    draw(1, 549, 549, Generator(), "cpu")
    with pytest.raises(ValueError, match="pictures of 64 x 550 pixels do not fit"):
        draw(1, 550, 64, Generator(), "cpu")


def test_alpha_is_told_in_tenths() -> None:
    draws = draw(4, 32, 40, Generator().manual_seed(2), "cpu")
    alpha = vignetted(*pictures(), draws).alpha
    assert alpha is not None
    assert alpha.shape == (4, 1, 1, 1)
    assert {round(float(a), 6) for a in alpha.flatten()} <= {0.8, 0.9, 1.0}
    torch.testing.assert_close(alpha.flatten(), draws.alpha, atol=0.0501, rtol=0)


def test_planes_are_packed_as_the_release_packs_a_mosaic() -> None:
    with np.load(BUNDLED / "cr3net" / "pack.npz") as held:
        mosaic = torch.from_numpy(held["mosaic"].astype(np.float32))
        expected = torch.from_numpy(held["packed_RGGB"])
    torch.testing.assert_close(mosaic_planes(mosaic.expand(1, 3, -1, -1))[0], expected)


def test_planes_take_their_own_colour() -> None:
    colours = torch.tensor([0.1, 0.2, 0.3])[None, :, None, None].expand(1, 3, 4, 6)
    assert mosaic_planes(colours)[0, :, 1, 2].tolist() == pytest.approx([0.1, 0.2, 0.2, 0.3])


def test_planes_of_an_odd_picture_are_refused() -> None:
    with pytest.raises(ValueError, match="even sides"):
        mosaic_planes(torch.zeros(1, 3, 4, 5))


@pytest.mark.parametrize(
    ("transmission", "reflection", "blended", "source", "kept"),
    [
        (0.5, 0.3, 0.6, 0.4, True),
        (0.5, 0.3, 0.6, 0.24, False),
        (0.14, 0.3, 0.6, 0.4, False),
        (0.5, 0.14, 0.6, 0.4, False),
        (0.5, 0.3, 0.09, 0.4, False),
    ],
)
def test_dark_and_unbalanced_mixtures_are_not_usable(
    transmission: float, reflection: float, blended: float, source: float, kept: bool
) -> None:
    def flat(value: float) -> Tensor:
        return torch.full((1, 3, 4, 4), value)

    batch = Batch(blended=flat(blended), transmission=flat(transmission), reflection=flat(reflection))
    assert usable(batch, flat(source)).tolist() == [kept]
