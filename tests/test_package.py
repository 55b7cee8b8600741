"""The package is what the tree says: nothing forgotten, nothing extra, nothing heavy on import."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import unveil

ROOT = Path(__file__).parents[1]
NOT_SHIPPED = {"tests", "docs", "benchmarks", "build", "dist"}
HEAVY = "{'torch', 'dask', 'distributed', 'rawpy', 'cv2', 'numpy', 'pydantic', 'colour'}"


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def shipped_folders() -> Iterator[Path]:
    """Yield the root and every folder below it that is a package."""
    yield ROOT
    for top in sorted(ROOT.iterdir()):
        if top.is_dir() and top.name not in NOT_SHIPPED and top.name[0] not in "._":
            yield from sorted(path.parent for path in top.rglob("__init__.py"))


def package_of(folder: Path) -> str:
    return ".".join(("unveil", *folder.relative_to(ROOT).parts))


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the package and the path of every module that is shipped."""
    for folder in shipped_folders():
        for path in sorted(folder.glob("*.py")):
            yield package_of(folder), path


def imports(package: str, path: Path) -> Iterator[str]:
    """Yield the full names of the modules and names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*parts, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_the_package_list_matches_the_tree(project: dict[str, Any]) -> None:
    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(map(package_of, shipped_folders()))


def test_only_the_three_modules_stand_at_the_root() -> None:
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py", "__main__.py", "cli.py"}


def test_tests_are_no_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("kind", ["yaml", "html", "safetensors", "json", "dng", "npz"])
def test_every_data_file_is_shipped(project: dict[str, Any], kind: str) -> None:
    data: dict[str, list[str]] = project["tool"]["setuptools"]["package-data"]
    patterns = [
        f"{package.replace('.', '/').replace('unveil', str(ROOT), 1)}/{pattern}"
        for package, listed in data.items()
        for pattern in listed
    ]
    tops = [folder for folder in shipped_folders() if folder.parent == ROOT]
    files = [str(path) for top in tops for path in top.rglob(f"*.{kind}")]
    assert [file for file in files if not any(fnmatch(file, pattern) for pattern in patterns)] == []


def test_the_version_is_told_once(project: dict[str, Any]) -> None:
    assert unveil.__version__ == project["project"]["version"]


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import sys, unveil; print(*sorted({HEAVY} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_public_names_import_no_torch_dask_or_rawpy() -> None:
    code = (
        "import sys, unveil; [getattr(unveil, name) for name in unveil.__all__]; "
        "print(*{'torch', 'dask', 'distributed', 'rawpy', 'cv2'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = unveil.nonsense


def test_modules_inside_the_package_import_relatively() -> None:
    absolute = [
        f"{path.relative_to(ROOT)}: {node.module}"
        for _, path in modules()
        if path.name != "cli.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.level == 0
        and (node.module or "").split(".")[0] == "unveil"
    ]
    assert absolute == []


@pytest.mark.parametrize(
    ("layer", "forbidden"),
    [
        ("unveil.pipeline", ("unveil.isp", "unveil.plugins", "unveil.training", "unveil.cli")),
        ("unveil.isp", ("unveil.plugins", "unveil.training", "unveil.cli")),
        ("unveil.plugins", ("unveil.training", "unveil.cli")),
        ("unveil.training", ("unveil.cli",)),
    ],
)
def test_a_layer_does_not_reach_up(layer: str, forbidden: tuple[str, ...]) -> None:
    reached = [
        f"{path.relative_to(ROOT)}: {name}"
        for package, path in modules()
        if package == layer or package.startswith(f"{layer}.")
        for name in imports(package, path)
        if name.startswith(forbidden)
    ]
    assert reached == []


def test_a_method_does_not_import_another_method() -> None:
    methods = [
        folder.name
        for folder in shipped_folders()
        if folder.parent.name == "plugins" and folder.name != "separation"
    ]
    reached = [
        f"{path.relative_to(ROOT)}: {name}"
        for package, path in modules()
        for name in imports(package, path)
        for method in methods
        if package.startswith("unveil.plugins.")
        and not package.startswith(f"unveil.plugins.{method}")
        and name.startswith(f"unveil.plugins.{method}.")
    ]
    assert reached == []
