"""The store of weights: in whole or not at all, and every wrong file ends in a sentence."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from unveil.cli import main
from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.pipeline.hashing import sha256
from unveil.pipeline.network import NetworkSpec
from unveil.plugins.separation.checkpoints import tensors, unwrap, without_prefix
from unveil.plugins.separation.store import find_weights, import_weights, store_folder, stored
from unveil.plugins.separation.weights import verify_weights


def convert(held: Mapping[Path, Mapping[str, Any]], variant: str) -> Mapping[str, Tensor]:
    ((path, content),) = held.items()
    return without_prefix(tensors(path, unwrap(path, content, "state_dict")))


SPEC = NetworkSpec(
    name="line",
    summary="a line",
    network=lambda variant: nn.Linear(3, 2),
    convert=convert,
    reference=lambda network, inputs, hyper: {"T": network(inputs["I"])},
    inputs=("I",),
    variants=("thin", "thick"),
)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def saved(held: object, name: str = "line.pth") -> Path:
        torch.save(held, tmp_path / name)
        return tmp_path / name

    return saved


def good(value: float = 1.0) -> dict[str, Tensor]:
    return {"weight": torch.full((2, 3), value), "bias": torch.zeros(2)}


def test_weights_are_stored_once_by_hash_with_a_card(folder: Path, save: Callable[..., Path]) -> None:
    file = save(good())
    path = import_weights(SPEC, "thin", [file])
    assert import_weights(SPEC, "thin", [file]) == path
    assert path.name == f"line-thin-{sha256(path)}.safetensors"
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["files"] == [{"name": "line.pth", "sha256": sha256(file)}]
    assert sorted(found.name for found in folder.iterdir()) == [path.with_suffix(".json").name, path.name]


def test_half_precision_becomes_single_and_doubles_too(save: Callable[..., Path]) -> None:
    for type_ in (torch.float16, torch.bfloat16, torch.float64):
        state = {key: tensor.to(type_) for key, tensor in good(1.5).items()}
        held = load_file(import_weights(SPEC, "thin", [save(state)]))
        assert held["weight"].dtype == torch.float32
        assert bool((held["weight"] == 1.5).all())


def test_tensors_that_share_memory_are_stored(save: Callable[..., Path]) -> None:
    whole = torch.arange(8.0)
    path = import_weights(SPEC, "thin", [save({"weight": whole[:6].reshape(2, 3), "bias": whole[6:]})])
    assert load_file(path)["bias"].tolist() == [6, 7]


def test_the_last_import_wins(save: Callable[..., Path]) -> None:
    first, second = (import_weights(SPEC, "thin", [save(good(value))]) for value in (1.0, 2.0))
    assert find_weights("line", "thin") == second
    import_weights(SPEC, "thin", [save(good(1.0))])
    assert stored("line", "thin") == [first, second]


def test_the_usual_variant_needs_no_name_and_others_are_kept_apart(save: Callable[..., Path]) -> None:
    import_weights(SPEC, "", [save(good())])
    assert stored("line", "thin")
    with pytest.raises(EnvironmentFailure, match=r"no weights of 'line-thick' .* --variant thick`"):
        find_weights("line", "thick")
    with pytest.raises(RecipeError, match="no variant of line is named 'thik'; did you mean 'thick'"):
        import_weights(SPEC, "thik", [save(good())])


def test_missing_weights_say_where_was_looked_and_what_to_do(folder: Path) -> None:
    with pytest.raises(EnvironmentFailure) as error:
        find_weights("line")
    assert str(folder) in str(error.value)
    assert "`unveil weights import line FILE...`" in str(error.value)


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ({"bias": torch.zeros(2)}, "the weights lack 'weight'"),
        ({**good(), "other": torch.zeros(1)}, "the weights hold 'other'"),
        ({**good(), "weight": torch.zeros(2, 4)}, r"'weight' has the shape \(2, 4\)"),
        (good(float("nan")), "'weight' holds values that are not finite"),
        ({**good(), "bias": 3}, "'bias' is an int, not a tensor"),
        (torch.zeros(3), "expected tensors by name, found a Tensor"),
        ([1, 2], "expected tensors by name, found a list"),
        ({1: torch.zeros(3)}, "expected tensors by name, found one under 1"),
        ({}, "the weights lack 'weight'"),
        ({**good(), "weight": good()["weight"].to_sparse()}, "'weight' is no plain tensor"),
        ({**good(), "bias": good()["bias"].bool()}, "'bias' is bool, the network takes float32"),
        ({**good(), "bias": good()["bias"].to(torch.complex64)}, "'bias' is complex64, the network takes"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_stored(
    folder: Path, save: Callable[..., Path], held: object, sentence: str
) -> None:
    file = save(held)
    with pytest.raises(EnvironmentFailure, match=sentence) as error:
        import_weights(SPEC, "thin", [file])
    assert str(error.value).startswith(f"{file}: ")
    assert "\n" not in str(error.value)
    assert not folder.exists()


class Hostile:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch hostile",)


@pytest.mark.parametrize("pack", [torch.save, lambda held, path: path.write_bytes(pickle.dumps(held))])
def test_a_pickle_that_would_run_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[object, Path], object]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "hostile.pth"
    pack({**good(), "bias": Hostile()}, file)
    with pytest.raises(EnvironmentFailure) as error:
        import_weights(SPEC, "thin", [file])
    assert str(error.value).startswith(f"{file}: holds more than plain tensors")
    assert not (tmp_path / "hostile").exists()


def test_broken_files_are_refused(tmp_path: Path, save: Callable[..., Path]) -> None:
    whole = save(good()).read_bytes()
    broken = {
        "empty.pth": b"",
        "text.pth": b"hello there",
        "half.pth": whole[: len(whole) // 2],
        "start.pth": whole[:10],
        "half.safetensors": b"12345",
    }
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(EnvironmentFailure, match=f"{name}: not a whole"):
            import_weights(SPEC, "thin", [tmp_path / name])
    with pytest.raises(EnvironmentFailure, match="there is no such file"):
        import_weights(SPEC, "thin", [tmp_path / "gone.pth"])


def test_safetensors_are_taken_too(tmp_path: Path) -> None:
    save_file(good(), tmp_path / "w.safetensors")
    assert import_weights(SPEC, "thin", [tmp_path / "w.safetensors"]).is_file()


def test_the_same_file_twice_or_none_is_refused(save: Callable[..., Path]) -> None:
    file = save(good())
    for files in ([file, file], []):
        with pytest.raises(RecipeError, match="line takes 1 different file"):
            import_weights(SPEC, "thin", files)


def test_nothing_is_left_where_writing_fails(
    folder: Path, save: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EnvironmentFailure, match=r"cannot be stored in .*No space left"):
        import_weights(SPEC, "thin", [save(good())])
    assert list(folder.iterdir()) == []


def test_a_store_that_cannot_be_made_is_a_sentence(folder: Path, save: Callable[..., Path]) -> None:
    folder.write_text("a file")
    with pytest.raises(EnvironmentFailure, match="cannot be stored"):
        import_weights(SPEC, "thin", [save(good())])
    with pytest.raises(EnvironmentFailure, match="no weights of"):
        find_weights("line")


def test_altered_imports_are_found(save: Callable[..., Path]) -> None:
    path = import_weights(SPEC, "thin", [save(good())])
    assert [(file.method, file.problem) for file in verify_weights((), [SPEC])] == [("line", "")]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    (file,) = verify_weights((), [SPEC])
    assert file.problem.startswith("sha256 is ")


def test_without_the_variable_the_store_is_in_the_users_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UNVEIL_WEIGHTS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert store_folder() == tmp_path / "unveil" / "weights"
    monkeypatch.setattr("sys.platform", "darwin")
    assert store_folder().parts[-4:] == ("Library", "Application Support", "unveil", "weights")


def test_the_command_imports_lists_and_verifies(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from unveil.plugins.dgunet.network import make_network

    file = tmp_path / "DGUNet.pth"
    torch.save({"state_dict": make_network("deraining").state_dict()}, file)
    assert main(["weights", "import", "dgunet", str(file)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == folder
    assert main(["weights", "verify"]) == 0
    assert path.name in capsys.readouterr().out
    assert main(["weights", "import", "dgunet", str(file), "--variant", "deblurring"]) == 3
    assert main(["weights", "import", "dgnet", str(file)]) == 2
    err = capsys.readouterr().err
    assert "the network takes" in err
    assert "did you mean 'dgunet'" in err


def test_a_folder_is_told_from_a_file_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.pth").mkdir()
    with pytest.raises(EnvironmentFailure, match=r"a\.pth: is a folder, not a file"):
        import_weights(SPEC, "thin", [tmp_path / "a.pth"])


def test_an_archive_that_unpacks_to_much_is_no_checkpoint(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(50_000_000))
    with pytest.raises(EnvironmentFailure, match=r"a\.pth: not a whole checkpoint"):
        import_weights(SPEC, "thin", [tmp_path / "a.pth"])
