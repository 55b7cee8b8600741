"""Configurations: the shipped ones load, and every mistake is told."""

from pathlib import Path

import pytest
import torch

from unveil.cli import main
from unveil.pipeline.errors import RecipeError
from unveil.training.config import CONFIGS, choose_config, load_config, shipped_config
from unveil.training.trainee import METHODS

TRAINING = sorted(set(CONFIGS.glob("*.yaml")) - set(CONFIGS.glob("photographs*.yaml")))


def mistakes(path: Path) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as error:
        load_config(path)
    return error.value.problems


@pytest.mark.parametrize("path", TRAINING, ids=lambda path: path.stem)
def test_shipped_configuration_loads(path: Path) -> None:
    config = load_config(path, Path("data"))
    assert config.photographs[0] == Path("data/photos/kodak24")
    assert "000000000025.jpg" in config.exclude
    assert [folder.name for folder in config.pairs] == ["nature20", "real20"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_configuration(method: str) -> None:
    assert load_config(shipped_config(method)).method == method


def test_method_without_a_configuration_is_told() -> None:
    with pytest.raises(RecipeError, match="did you mean 'ibcln'"):
        shipped_config("iblcn")


def test_a_file_or_a_method_is_given_not_both() -> None:
    assert choose_config(Path("a.yaml"), None) == Path("a.yaml")
    assert choose_config(None, "dgunet") == CONFIGS / "dgunet.yaml"
    for path, method in ((None, None), (Path("a.yaml"), "dgunet")):
        with pytest.raises(RecipeError, match="either a configuration or --method"):
            choose_config(path, method)


def test_command_line_takes_the_shipped_configurations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--method", "iblcn", "-o", str(tmp_path / "out")]) == 2
    assert "did you mean 'ibcln'" in capsys.readouterr().err
    assert main(["train", "--method", "ibcln", "--data", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert f"{tmp_path / 'photos' / 'kodak24'}: no photographs there" in capsys.readouterr().err


def test_short_training_of_the_makefile_loads() -> None:
    config = load_config(Path(__file__).parent / "smoke.yaml")
    assert all(folder.is_dir() for folder in config.photographs)


def test_second_part_draws_from_other_ranges() -> None:
    assert load_config(CONFIGS / "unveilnet_calibrate.yaml").ranges.clean == 0.2


def test_mistakes_of_a_configuration_are_listed_together(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nphotographs: [.]\nbatch: 0\nstepz: 3\n")
    found = mistakes(path)
    assert len(found) == 2
    assert f"{path}: batch: found 0" in "\n".join(found)
    assert "did you mean 'steps'?" in "\n".join(found)


def test_what_does_not_go_together_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "unveil_training: 1\nphotographs: [.]\nmethod: dgunet\nsynthesis: published\niterations: 2\n"
        "steps: 4\nstop_after: 5\n"
        "losses: {edgse: 1.0, reflection: -1.0}\n"
    )
    assert mistakes(path) == (
        f"{path}: stop_after: found 5; allowed: at most `steps`, 4",
        f"{path}: synthesis: found 'published'; for dgunet there is linear",
        f"{path}: iterations: found 2; dgunet answers once, leave it out",
        f"{path}: losses: no loss of dgunet is named 'edgse'; did you mean 'edges'? There are edges, reflection and "
        "transmission",
        f"{path}: losses.reflection: found -1.0; allowed: a number at least 0",
    )


def test_torch_without_muon_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.optim, "Muon")
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nphotographs: [.]\noptimiser: muon\n")
    with pytest.raises(RecipeError, match=r"optimiser: found 'muon', which wants torch 2\.9"):
        load_config(path)


def test_unveilnet_has_one_variant(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nphotographs: [.]\nvariant: small\n")
    assert mistakes(path) == (f"{path}: variant: found 'small'; unveilnet is full",)


def test_sources_come_from_a_file_unless_said_otherwise(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("photographs: [a, b]\nexclude: [c.jpg]\nhold_out: 4\n")
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nsources: sources.yaml\nhold_out: 5\n")
    config = load_config(path)
    assert config.photographs == (tmp_path / "a", tmp_path / "b")
    assert (config.exclude, config.hold_out) == (("c.jpg",), 5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read: no such file or directory"),
        ("photographs: []\n", "photographs: found []"),
        ("photographs: [a]\nbatch: 3\n", "batch"),
    ],
)
def test_mistake_in_the_sources_is_told_with_their_file(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    sources = tmp_path / "sources.yaml"
    if text is not None:
        sources.write_text(text)
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nsources: sources.yaml\n")
    assert mistakes(path)[0].startswith(f"{sources}: {sentence}")


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
    assert mistakes(path)[0].startswith(f"{path}: {sentence}")
