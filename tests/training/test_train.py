"""Short trainings on small pictures: every method learns, resumes exactly and stops on nonsense."""

import csv
import json
import math
from pathlib import Path

import cv2
import pytest
import torch
from safetensors.torch import load_file
from torch import Generator, Tensor

from unveil.pipeline.errors import RecipeError, UnveilError
from unveil.pipeline.hashing import sha256
from unveil.plugins.separation.weights import load_into
from unveil.plugins.unveilnet.network import UnveilNet
from unveil.training.card import save_weights
from unveil.training.config import TrainConfig
from unveil.training.pretrained import PACKAGE
from unveil.training.train import Training, run
from unveil.training.trainee import METHODS, build, facts

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"
STEPS = 12
RATES = {"durrnet": 5e-4, "cr3net": 5e-4}
"""Those of the deep nets are low; the others take 1e-3."""
SIDES = {"unveilnet": 64, "dgunet": 64, "ibcln": 64}
"""Pixels; 32 for the others, which take longer."""


def config(**changes: object) -> TrainConfig:
    values = {
        "unveil_training": 1,
        "photographs": (PHOTOGRAPHS,),
        "hold_out": 3,
        "size": 64,
        "batch": 2,
        "steps": 4,
        "warm_up": 2,
        "precision": "float32",
        "pretrained": False,
        "validate_every": 1000,
        "checkpoint_every": 1000,
        "mixtures": 2,
    }
    return TrainConfig.model_validate(values | changes)


def short(method: str, **changes: object) -> TrainConfig:
    if "perceptual" in facts(method).losses:
        pytest.importorskip(PACKAGE, reason="needs the extra `train`")
    return config(method=method, size=SIDES.get(method, 32), **changes)


def table(path: Path, *columns: str) -> list[float]:
    """Return columns of a log, line by line."""
    with path.open(newline="") as file:
        return [float(row[column]) for row in csv.DictReader(file) for column in columns]


def losses(training: Training, steps: int) -> list[float]:
    return [training.one_step()["loss"] for _ in range(steps)]


@pytest.mark.parametrize("method", METHODS)
def test_a_few_steps_on_one_batch_lower_the_loss(method: str, tmp_path: Path) -> None:
    rate = RATES.get(method, 1e-3)
    training = Training(short(method, steps=100, warm_up=1, learning_rate=rate), tmp_path, "cpu")
    start = training.supply.state()
    found = []
    for _ in range(STEPS):
        training.supply.restore(start)
        found += losses(training, 1)
    assert found[-1] < 0.95 * found[0]


@pytest.mark.parametrize("method", METHODS)
def test_resumed_training_has_the_same_losses(method: str, tmp_path: Path) -> None:
    straight = Training(short(method), tmp_path, "cpu")
    losses(straight, 1)
    straight.save(tmp_path / "checkpoint.pt")
    expected = losses(straight, 1)
    resumed = Training(short(method), tmp_path, "cpu")
    resumed.restore(tmp_path / "checkpoint.pt")
    assert losses(resumed, 1) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_weights_of_a_training_are_read_back(method: str, tmp_path: Path) -> None:
    trained = build(short(method), torch.device("cpu"))
    save_weights(trained.network.state_dict(), tmp_path / "weights.safetensors")
    other = build(short(method, seed=2), torch.device("cpu"))
    load_into(other.network, tmp_path / "weights.safetensors")
    picture = torch.rand(1, 3, 64, 64, generator=Generator().manual_seed(0))
    with torch.no_grad():
        first, second = (x.remove(x.network.eval(), picture) for x in (trained, other))
    assert torch.allclose(first, second, atol=5e-3)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of a short training, and what it said."""
    folder = tmp_path_factory.mktemp("training")
    path = folder / "config.yaml"
    path.write_text(
        f"unveil_training: 1\nphotographs: ['{PHOTOGRAPHS}']\nhold_out: 3\nsize: 64\nbatch: 2\nsteps: 5\n"
        "pretrained: false\nvalidate_every: 1\ncheckpoint_every: 2\nmixtures: 2\n"
    )
    said: list[str] = []
    weights = run(path, folder / "out", "cpu", steps=2, say=said.append)
    assert weights == folder / "out" / "best.safetensors"
    return folder / "out", said


def test_run_leaves_weights_in_half_precision(finished: tuple[Path, list[str]]) -> None:
    for name in ("best", "last"):
        path = finished[0] / f"{name}.safetensors"
        load_into(UnveilNet(), path)
        assert all(t.dtype is torch.float16 for k, t in load_file(path).items() if k.endswith("weight"))


def test_card_says_what_the_weights_learned_from(finished: tuple[Path, list[str]]) -> None:
    path = finished[0] / "last.safetensors"
    card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert (card["method"], card["variant"]) == ("unveilnet", "full")
    assert card["data"]["photographs"] == {"photographs": 3}
    assert card["training"]["samples"] == 4
    assert card["training"]["device"] == "cpu, bfloat16"
    assert card["training"]["seconds"] >= 0
    assert set(card["scores"]) == {"psnr", "gain"}
    assert card["sha256"] == sha256(path)


def test_log_has_a_line_for_each_validation(finished: tuple[Path, list[str]]) -> None:
    with (finished[0] / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert all(float(row["separation"]) > 0 for row in rows)
    assert list(rows[0])[:3] == ["step", "psnr", "gain"]


def test_sheet_of_pictures_stands_beside_the_log(finished: tuple[Path, list[str]]) -> None:
    for step in (1, 2):
        sheet = cv2.imread(str(finished[0] / f"step_{step:06d}.png"))
        assert sheet is not None
        assert sheet.shape == (2 * 196, 3 * 196, 3)
        assert sheet[:192, :192].std() > 10


def test_progress_has_throughput_and_time_left(finished: tuple[Path, list[str]]) -> None:
    assert any("samples/s, 0.0 s left" in line for line in finished[1])
    assert any(line.startswith("step 2: psnr") for line in finished[1])


def test_pairs_are_measured_and_shown(tmp_path: Path) -> None:
    for part, value in (("blended", 0.6), ("transmission", 0.5)):
        (tmp_path / part).mkdir()
        picture = torch.full((70, 90, 3), 255 * value).byte().numpy()
        cv2.imwrite(str(tmp_path / part / "a.png"), picture)
    training = Training(config(pairs=(tmp_path,)), tmp_path, "cpu")
    figures = training.validation.measure(training.trainee, training.average.module, tmp_path / "sheet.png")
    assert set(figures) == {"psnr", "gain", "pairs", "pairs_exposed", "pairs_worst"}
    assert figures["pairs_worst"] == pytest.approx(figures["pairs"])
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[0] == 3 * 196


def test_pairs_that_are_not_aligned_are_not_measured(tmp_path: Path) -> None:
    for part in ("blended", "transmission"):
        (tmp_path / part).mkdir()
        for name in ("a", "b"):
            cv2.imwrite(str(tmp_path / part / f"{name}.png"), torch.zeros(40, 40, 3).byte().numpy())
    (tmp_path / "unaligned.txt").write_text("a\n")
    training = Training(config(pairs=(tmp_path,)), tmp_path, "cpu")
    assert [pair.name for pair in training.validation.pairs[0]] == ["b"]


def test_early_steps_leave_a_sheet_each(tmp_path: Path) -> None:
    training = Training(config(steps=3, look_at=(1, 2), mixtures=3), tmp_path, "cpu")
    training.run(lambda line: None)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        "early_000001.png",
        "early_000002.png",
        "step_000003.png",
    ]
    sheet = cv2.imread(str(tmp_path / "early_000002.png"))
    assert sheet is not None
    assert sheet.shape == (3 * 196, 3 * 196, 3)


def test_training_goes_on_from_any_checkpoint_to_the_same_losses(tmp_path: Path) -> None:
    changes = {"steps": 4, "keep_every": 1, "validate_every": 1}
    straight = Training(config(**changes), tmp_path / "straight", "cpu")
    straight.output.mkdir()
    straight.run(lambda line: None)
    expected = table(straight.output / "log.csv", "loss", "psnr")
    for step in (1, 2, 3):
        again = Training(config(**changes), tmp_path / str(step), "cpu")
        again.output.mkdir()
        again.restore(straight.output / f"checkpoint_{step:06d}.pt")
        again.run(lambda line: None)
        assert table(again.output / "log.csv", "loss", "psnr") == pytest.approx(
            expected[2 * step :], rel=1e-5
        )


def test_training_that_stops_earlier_has_the_rates_of_all_its_steps(tmp_path: Path) -> None:
    found = {}
    for end in (2, None):
        training = Training(config(steps=4, stop_after=end, validate_every=1), tmp_path / str(end), "cpu")
        training.output.mkdir()
        training.run(lambda line: None)
        found[end] = table(training.output / "log.csv", "step", "loss", "rate")
    assert found[2] == found[None][:6]
    assert json.loads((tmp_path / "2" / "last.json").read_text("utf-8"))["training"]["step"] == 2


def test_only_the_newest_checkpoint_stays_unless_asked_for(finished: tuple[Path, list[str]]) -> None:
    assert [path.name for path in finished[0].glob("*.pt")] == ["checkpoint.pt"]


def test_weights_that_are_not_finite_are_never_written(tmp_path: Path) -> None:
    training = Training(config(checkpoint_every=1, validate_every=1), tmp_path, "cpu")
    training.save(tmp_path / "checkpoint.pt")
    before = (tmp_path / "checkpoint.pt").read_bytes()
    name, first = next(iter(training.trainee.network.named_parameters()))
    real = training.one_step

    def broken() -> dict[str, float]:
        found = real()
        first.data.fill_(math.inf)
        return found

    training.one_step = broken  # type: ignore[method-assign]
    with pytest.raises(UnveilError, match=f"largest value of '{name}' is inf at step 1; the last good state"):
        training._steps(lambda line: None)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert not list(tmp_path.glob("*.safetensors"))


def test_weights_too_large_for_halves_are_refused(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 2)
    network.weight.data.fill_(1e6)
    with pytest.raises(UnveilError, match="'weight' has values that fp16 cannot hold"):
        save_weights(network.state_dict(), tmp_path / "weights.safetensors")
    assert not list(tmp_path.iterdir())


def test_loss_that_is_not_finite_stops_with_the_last_good_state_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"unveil_training: 1\nphotographs: ['{PHOTOGRAPHS}']\nhold_out: 3\nsize: 64\nbatch: 2\nsteps: 40\n"
        "pretrained: false\nlearning_rate: 1.0e+30\nwarm_up: 0\nclip: null\nmixtures: 2\nprecision: float32\n"
    )
    with pytest.raises(
        UnveilError, match=r"is (nan|inf) at step \d+; the last good state is in .*checkpoint\.pt"
    ):
        run(path, tmp_path / "out", "cpu", say=lambda line: None)
    kept = torch.load(tmp_path / "out" / "checkpoint.pt", weights_only=True)
    assert all(torch.isfinite(t).all() for t in kept["network"].values() if t.is_floating_point())


def test_step_with_a_loss_that_is_not_finite_changes_nothing(tmp_path: Path) -> None:
    training = Training(config(), tmp_path, "cpu")
    losses(training, 1)
    before = {k: v.clone() for k, v in training.trainee.network.named_parameters()}
    real = training.trainee.draw

    def broken(first: Tensor, second: Tensor, generator: Generator) -> object:
        return real(first * math.nan, second, generator)

    training.trainee.draw = broken  # type: ignore[method-assign, assignment]
    with pytest.raises(UnveilError, match="is nan at step 1"):
        training.one_step()
    assert all(torch.equal(before[k], v) for k, v in training.trainee.network.named_parameters())
    assert training.step == 1


def test_folder_without_photographs_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no photographs there"):
        Training(config(photographs=(tmp_path,)), tmp_path, "cpu")


def test_weights_to_start_from_that_are_missing_are_named(tmp_path: Path) -> None:
    start = tmp_path / "runs" / "last.safetensors"
    with pytest.raises(RecipeError, match=r"last\.safetensors: no such file; `start` names the weights"):
        Training(config(start=start), tmp_path, "cpu")


def test_training_starts_from_given_weights(tmp_path: Path) -> None:
    first = Training(config(), tmp_path, "cpu")
    losses(first, 1)
    save_weights(first.trainee.network.state_dict(), tmp_path / "start.safetensors")
    second = Training(config(start=tmp_path / "start.safetensors"), tmp_path, "cpu")
    expected = {k: v.half() for k, v in first.trainee.network.named_parameters()}
    assert all(torch.equal(v.half(), expected[k]) for k, v in second.trainee.network.named_parameters())


@pytest.mark.parametrize("data", [None, b"", b"text", b"PK\x03\x04"])
def test_file_that_is_no_checkpoint_is_refused(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "checkpoint.pt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RecipeError, match=r"checkpoint\.pt: (cannot be read|is not a whole checkpoint)"):
        Training(config(), tmp_path, "cpu").restore(path)


def test_checkpoint_of_another_method_is_refused(tmp_path: Path) -> None:
    Training(config(), tmp_path, "cpu").save(tmp_path / "checkpoint.pt")
    with pytest.raises(RecipeError, match="is not a whole checkpoint of this training"):
        Training(config(method="dgunet"), tmp_path, "cpu").restore(tmp_path / "checkpoint.pt")
