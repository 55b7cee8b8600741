"""Batches come from photographs, RAW files, panoramas and pairs, as a configuration says."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from unveil.isp.tone.curves import encode_curve
from unveil.pipeline.errors import RecipeError
from unveil.training.batch import Batch
from unveil.training.config import TrainConfig, load_config
from unveil.training.displayed import as_seen
from unveil.training.supply import Supply

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"
CPU = torch.device("cpu")


def config(**changes: object) -> TrainConfig:
    values = {"unveil_training": 1, "photographs": (PHOTOGRAPHS,), "hold_out": 3, "size": 64, "batch": 8}
    return TrainConfig.model_validate(values | changes)


def add(first: Tensor, second: Tensor, generator: Generator) -> Batch:
    return Batch(blended=first, transmission=first, reflection=second)


@pytest.fixture
def panoramas(tmp_path: Path) -> Path:
    picture = np.full((64, 128, 3), 0.2, np.float32)
    picture[28:36, ::8] = 4000
    (tmp_path / "hdr").mkdir()
    cv2.imwrite(str(tmp_path / "hdr" / "a.hdr"), picture)
    return tmp_path / "hdr"


@pytest.fixture
def paired(tmp_path: Path) -> Path:
    for part, value in (("blended", 153), ("transmission", 102)):
        (tmp_path / "glass" / part).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "glass" / part / "a.png"), np.full((70, 90, 3), value, np.uint8))
    return tmp_path / "glass"


def test_photographs_alone_are_drawn_as_ever() -> None:
    supply = Supply(config(), CPU)
    batch = supply.draw(add)
    generator = Generator().manual_seed(1)
    expected = [supply.photographs.crops(8, generator) for _ in range(2)]
    assert torch.equal(batch.blended, expected[0])
    assert torch.equal(batch.reflection, expected[1])
    assert supply.counts == {"photographs": 3}


def test_share_of_the_reflected_scenes_is_of_panoramas(panoramas: Path) -> None:
    supply = Supply(config(panoramas=(panoramas,), panorama_share=0.5), CPU)
    bright = torch.cat([supply.draw(add).reflection.amax((1, 2, 3)) > 1.5 for _ in range(8)])
    assert 0.3 < float(bright.float().mean()) < 0.7
    assert supply.counts == {"photographs": 3, "hdr": 1}


def test_batch_without_a_panorama_and_without_a_pair_is_drawn(panoramas: Path, paired: Path) -> None:
    none = config(panoramas=(panoramas,), panorama_share=0.0, paired=(paired,), paired_share=0.0)
    assert float(Supply(none, CPU).draw(add).reflection.max()) <= 1


def test_published_recipes_see_nothing_above_white(panoramas: Path) -> None:
    supply = Supply(config(method="ibcln", panoramas=(panoramas,), panorama_share=1.0), CPU)
    assert float(supply.draw(add).reflection.max()) == 1


@pytest.mark.parametrize(("method", "value"), [("unveilnet", 0.1329), ("ibcln", 0.4)])
def test_pairs_are_seen_as_the_method_sees(paired: Path, method: str, value: float) -> None:
    supply = Supply(config(method=method, paired=(paired,), paired_share=1.0), CPU)
    batch = supply.draw(add)
    torch.testing.assert_close(
        batch.transmission, torch.full_like(batch.transmission, value), atol=1e-3, rtol=0
    )
    assert supply.counts == {"photographs": 3, "glass": 1}


def test_share_of_the_samples_is_of_pairs(paired: Path) -> None:
    supply = Supply(config(paired=(paired,), paired_share=0.25), CPU)
    flat = torch.cat([supply.draw(add).blended.std((1, 2, 3)) < 1e-3 for _ in range(16)])
    assert 0.12 < float(flat.float().mean()) < 0.4


def test_nothing_is_mixed_where_all_samples_are_of_pairs(paired: Path) -> None:
    def refuse(first: Tensor, second: Tensor, generator: Generator) -> Batch:
        raise AssertionError("photographs were mixed")

    batch = Supply(config(paired=(paired,), paired_share=1.0), CPU).draw(refuse)
    assert batch.blended.shape == (8, 3, 64, 64)
    torch.testing.assert_close(batch.blended, torch.full_like(batch.blended, 0.3185), atol=1e-3, rtol=0)


def test_weight_of_the_transmission_of_pairs_is_one(paired: Path) -> None:
    def weighted(first: Tensor, second: Tensor, generator: Generator) -> Batch:
        alpha = torch.full((len(first), 1, 1, 1), 0.8)
        return Batch(blended=first, transmission=first, reflection=second, alpha=alpha)

    batch = Supply(config(method="ibcln", paired=(paired,), paired_share=0.5), CPU).draw(weighted)
    assert batch.alpha is not None
    assert sorted(set(batch.alpha.flatten().tolist())) == pytest.approx([0.8, 1.0])


def test_planes_of_a_mosaic_come_with_pairs() -> None:
    linear = torch.rand(2, 3, 8, 8, generator=Generator().manual_seed(0))
    batch = as_seen(add(linear, linear, Generator()), "display and planes")
    assert batch.blended_raw is not None
    assert torch.equal(batch.blended_raw[:, 0], linear[:, 0, ::2, ::2])
    assert torch.equal(batch.blended, encode_curve(linear, "srgb"))


def test_resumed_supply_goes_on(panoramas: Path, paired: Path) -> None:
    both = config(panoramas=(panoramas,), paired=(paired,))
    straight, resumed = Supply(both, CPU), Supply(both, CPU)
    straight.draw(add)
    resumed.restore(straight.state())
    assert torch.equal(straight.draw(add).reflection, resumed.draw(add).reflection)


def test_pairs_to_measure_on_are_not_learned_from(paired: Path) -> None:
    with pytest.raises(RecipeError, match="glass: is in `paired` and in `pairs`"):
        Supply(config(paired=(paired,), pairs=(paired,)), CPU)


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(RecipeError, match="nothing to learn from"):
        Supply(TrainConfig.model_validate({"unveil_training": 1}), CPU)


def test_folders_are_below_the_data(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nraws: [r]\npanoramas: [h]\npaired: [p]\n")
    found = load_config(path, Path("data"))
    assert (found.raws, found.panoramas, found.paired) == (
        (Path("data/r"),),
        (Path("data/h"),),
        (Path("data/p"),),
    )


def test_raw_files_stand_beside_photographs(
    make_dng: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNVEIL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "raws").mkdir()
    for name in ("raws/a.dng", "raws/b.dng"):
        ramp = np.linspace(100, 60000, 96 * 64).reshape(64, 96).astype(np.uint16)
        make_dng(ramp, cfa=((0, 1), (1, 2)), name=name)
    supply = Supply(config(raws=(tmp_path / "raws",), hold_out=100), CPU)
    assert supply.counts == {"photographs": 4, "raws": 2}
    assert bool(torch.isfinite(supply.draw(add).blended).all())
