"""The functions' folders: one verb each, apart from each other, and whole with nothing but the two layers."""

from __future__ import annotations

import ast
import marshal
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.roles import functions
from tests.support.template import ROOT

FOLDERS = sorted(p for p in (ROOT / "functions").iterdir() if p.is_dir() and p.name != "__pycache__")
LAMBDA_LIMIT = 250 * 1024 * 1024  # bytes, function and layers unzipped
COMMAND_LINE_ONLY = {"cloudformation", "lambda", "sqs"}
UV = ROOT / ".local" / "venvs" / "uv" / "bin"


def test_a_folder_for_every_function() -> None:
    assert {folder.name for folder in FOLDERS} == set(functions())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_holds_its_handler_and_imports_no_sibling_and_no_sdk(folder: Path) -> None:
    assert [p.name for p in folder.iterdir() if p.name != "__pycache__"] == ["handler.py"]
    tree = ast.parse((folder / "handler.py").read_text(encoding="utf-8"))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names)
    assert foreign <= {"wugan", "aws_lambda_powertools"}


def build_layer(folder: Path, name: str = "deps", **settings: str) -> Path:
    """A layer as SAM makes it."""
    source, target = folder / "source", {"deps": "build-DepsLayer", "wugan": "build-WuganLayer"}[name]
    shutil.copytree(ROOT / "layers" / name, source)
    environment = {**os.environ, "PATH": f"{UV}{os.pathsep}{os.environ['PATH']}", "ARTIFACTS_DIR": str(folder / "built"), **settings}
    done = subprocess.run(["make", "--silent", target], cwd=source, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "built" / "python"


@pytest.fixture(scope="module")
def local_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("local"), WUGAN_DEPS_PYTHON=sys.executable)


@pytest.fixture(scope="module")
def our_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("ours"), "wugan", WUGAN_LAYER_PYTHON=sys.executable)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_handler_runs_on_the_layers_alone(folder: Path, local_layer: Path, our_layer: Path) -> None:
    """-S leaves site-packages out, so that a package missing in the layer cannot come from elsewhere."""
    paths = [str(local_layer), str(our_layer), str(folder)]
    script = f"import sys; sys.path[:0] = {paths!r}; import handler; assert callable(handler.handler)"
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-B", "-c", script], capture_output=True, text=True, env={"AWS_REGION": "cn-north-1"}
    )
    assert done.returncode == 0, done.stderr


def test_the_layer_describes_every_service_that_is_called(local_layer: Path) -> None:
    """botocore's descriptions are cut down to what the functions call."""
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "layers" / "wugan" / "python" / "wugan" / "aws").glob("*.py"))
    called = set(re.findall(r"""client\("(\w+)"\)""", source)) - COMMAND_LINE_ONLY
    described = {p.name for p in (local_layer / "botocore" / "data").iterdir() if p.is_dir()}
    assert called <= described


def test_our_layer_is_compiled_where_the_code_lies(our_layer: Path) -> None:
    """Where nobody wants another place for it, as the emulator's workers do not; the names in it are those on Lambda."""
    for source in our_layer.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        code = marshal.loads(compiled.read_bytes()[16:])
        assert code.co_filename == f"/opt/python/{source.relative_to(our_layer)}"


@pytest.mark.parametrize(("name", "setting"), [("deps", "WUGAN_DEPS_SHARED"), ("wugan", "WUGAN_LAYER_SHARED")])
def test_a_pointer_puts_the_shared_layer_first(tmp_path: Path, name: str, setting: str) -> None:
    built = build_layer(tmp_path, name, **{setting: "/somewhere"})
    (line,) = (p.read_text() for p in built.rglob("*") if p.is_file())
    assert line == 'import sys; sys.path.insert(0, "/somewhere/python")\n'


def test_the_layers_for_lambda_fit(tmp_path: Path) -> None:
    layer = build_layer(tmp_path / "deps", WUGAN_DEPS_PYTHON="")
    ours = build_layer(tmp_path / "wugan", "wugan")
    size = sum(p.stat().st_size for root in (layer, ours) for p in root.rglob("*") if p.is_file())
    assert size < LAMBDA_LIMIT
    assert not [p for p in ours.rglob("*") if "__pycache__" in p.parts]
    libraries = {p.name for p in layer.rglob("*.so") if "cpython" in p.name}
    assert libraries
    assert all("313-aarch64" in name for name in libraries), libraries
