"""A short training on small pictures: it learns, resumes exactly and stops on nonsense."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import unveil
from unveil.pipeline.errors import RecipeError, UnveilError
from unveil.plugins.separation.weights import load_into
from unveil.plugins.unveilnet.network import UnveilNet
from unveil.training.config import TrainConfig, load_config
from unveil.training.train import Training, run, save_weights

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"


def config(**changes: object) -> TrainConfig:
    values = {
        "unveil_training": 1,
        "photographs": (PHOTOGRAPHS,),
        "hold_out": 3,
        "size": 64,
        "batch": 4,
        "steps": 4,
        "warm_up": 2,
        "precision": "float32",
        "pretrained": False,
        "validate_every": 1000,
        "checkpoint_every": 1000,
    }
    return TrainConfig.model_validate(values | changes)


def test_a_few_steps_on_one_batch_lower_the_loss(tmp_path: Path) -> None:
    training = Training(config(steps=100, warm_up=1, learning_rate=2e-3), tmp_path, "cpu")
    losses = []
    for _ in range(10):
        training.host_random.manual_seed(1)
        training.device_random.manual_seed(1)
        losses.append(training.one_step())
    assert losses[-1] < 0.85 * losses[0]


def test_resumed_training_has_the_same_losses(tmp_path: Path) -> None:
    straight = Training(config(), tmp_path, "cpu")
    expected = [straight.one_step() for _ in range(4)]
    stopped = Training(config(), tmp_path, "cpu")
    assert [stopped.one_step() for _ in range(2)] == pytest.approx(expected[:2])
    stopped.save(tmp_path / "checkpoint.pt")
    resumed = Training(config(), tmp_path, "cpu")
    resumed.restore(tmp_path / "checkpoint.pt")
    assert [resumed.one_step() for _ in range(2)] == pytest.approx(expected[2:], rel=1e-5)


def test_run_leaves_weights_log_and_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"unveil_training: 1\nphotographs: ['{PHOTOGRAPHS}']\nhold_out: 3\nsize: 64\nbatch: 2\nsteps: 2\n"
        "pretrained: false\nvalidate_every: 2\ncheckpoint_every: 2\n"
    )
    said: list[str] = []
    weights = run(path, tmp_path / "out", "cpu", say=said.append)
    load_into(UnveilNet(), weights)
    assert all(t.dtype is torch.float16 for k, t in load_file(weights).items() if k.endswith("weight"))
    assert (tmp_path / "out" / "log.csv").read_text().startswith("step,psnr,gain")
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"checkpoint.pt", "best.safetensors"}
    assert any(line.startswith("step 2: psnr") for line in said)


def test_loss_that_is_not_finite_stops_the_training(tmp_path: Path) -> None:
    training = Training(config(), tmp_path, "cpu")
    with torch.no_grad():
        training.network.head.bias.fill_(float("nan"))
    with pytest.raises(UnveilError, match="the loss is nan at step 0"):
        training.one_step()


def test_mistakes_of_a_configuration_are_listed_together(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nphotographs: [.]\nbatch: 0\nstepz: 3\n")
    with pytest.raises(RecipeError) as error:
        load_config(path)
    assert len(error.value.problems) == 2
    assert f"{path}: batch: found 0" in str(error.value)
    assert "did you mean 'steps'?" in str(error.value)


def test_folder_without_photographs_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no photographs there"):
        Training(config(photographs=(tmp_path,)), tmp_path, "cpu")


def test_training_starts_from_given_weights(tmp_path: Path) -> None:
    first = Training(config(), tmp_path, "cpu")
    first.one_step()
    save_weights(first.network, tmp_path / "start.safetensors")
    second = Training(config(start=tmp_path / "start.safetensors"), tmp_path, "cpu")
    expected = {k: v.half() for k, v in first.network.named_parameters()}
    assert all(torch.equal(v.half(), expected[k]) for k, v in second.network.named_parameters())


def test_shipped_configurations_load() -> None:
    folder = Path(unveil.__file__).parent / "training" / "configs"
    for path in sorted(folder.glob("*.yaml")):
        assert load_config(path, Path("data")).photographs[0] == Path("data/photos/kodak24")
    assert load_config(folder / "unveilnet_calibrate.yaml").ranges.clean == 0.2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "cannot be read: no such file or directory"),
        (b"\xff\xfe", "is not YAML"),
        (b"a: [", "is not YAML"),
        (b"- 1", "is not a configuration"),
        (b"", "is not a configuration"),
    ],
)
def test_file_that_is_no_configuration_is_refused(tmp_path: Path, data: bytes | None, sentence: str) -> None:
    path = tmp_path / "config.yaml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RecipeError) as error:
        load_config(path)
    assert str(error.value).startswith(f"{path}: {sentence}")


@pytest.mark.parametrize("data", [None, b"", b"text", b"PK\x03\x04"])
def test_file_that_is_no_checkpoint_is_refused(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "checkpoint.pt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RecipeError, match=r"checkpoint\.pt: (cannot be read|is not a whole checkpoint)"):
        Training(config(), tmp_path, "cpu").restore(path)


def test_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"network": {}}, tmp_path / "checkpoint.pt")
    with pytest.raises(RecipeError, match="is not a whole checkpoint"):
        Training(config(), tmp_path, "cpu").restore(tmp_path / "checkpoint.pt")
