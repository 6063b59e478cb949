"""The shape of the repository: each module has its test, files stay short, and the linters are clean."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from configs.packages import PACKAGES

ROOT = Path(__file__).parents[1]
LONGEST = 500

# Modules without a test file of their own, and where they are tested instead.
UNPAIRED: dict[str, str] = {}


def tracked():
    """The files of the repository; those of the folder where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout.split("\0")
        return sorted(name for name in listed if name and (ROOT / name).is_file())
    except (OSError, subprocess.CalledProcessError):
        skipped = {".git", ".venv", ".uv", "__pycache__", "state", "build", "dist"}
        files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        return sorted(str(path) for path in files if not skipped & set(path.parts))


FILES = tracked()
MODULES = [
    name
    for name in FILES
    if name.endswith(".py") and name.split("/")[0] in PACKAGES and not name.endswith("__init__.py")
]


def possible_tests(module):
    """Where a module's test may stand: in the mirrored folder, or in one of the folders above it."""
    path = Path(module)
    folders = [path.parent, *path.parent.parents][:-1]
    # Of a folder that is one concept (audit/store/), one file may test all.
    whole = [Path("tests") / folder.parent / f"test_{folder.name}.py" for folder in folders if len(folder.parts) > 1]
    return [str(Path("tests") / folder / f"test_{path.stem}.py") for folder in folders] + [str(one) for one in whole]


def has_behaviour(module):
    """Whether it defines a function: types, errors and constants alone are tested where they are used."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


@pytest.mark.parametrize("module", [name for name in MODULES if name not in UNPAIRED and has_behaviour(name)])
def test_each_module_has_its_test(module):
    assert any(name in FILES for name in possible_tests(module)), f"expected one of {possible_tests(module)}"


def test_exemptions_are_needed():
    for module in UNPAIRED:
        assert module in MODULES, f"{module} is gone: remove its exemption"
        assert not any(name in FILES for name in possible_tests(module)), f"{module} has its test: remove its exemption"


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".py", ".cjs"))])
def test_files_stay_short(name):
    lines = (ROOT / name).read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST, f"{lines} lines: split it"


# Built so that this file doesn't hold them itself.
MACHINE = re.compile(
    "|".join((r"(?<![\w.])/wo" + r"rk/", r"(?<![\w.])/ro" + r"ot/", r"/Us" + r"ers/\w", r"/tmp" + r"/w/"))
)
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


@pytest.mark.parametrize("name", FILES)
def test_nothing_of_one_machine_and_nothing_unfinished(name):
    try:
        text = (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # no text
    assert (found := MACHINE.search(text)) is None, f"{found[0]!r} is a path of one machine"
    if name.endswith((".py", ".md", ".yaml", ".toml", ".cjs", "Makefile")):
        assert (found := UNFINISHED.search(text)) is None, f"{found[0]!r}: finish it"


def test_no_large_files():
    large = [name for name in FILES if (ROOT / name).stat().st_size > 2_000_000]
    assert large == []


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def tool(name):
    return str(Path(sys.executable).with_name(name))


def test_ruff():
    run(tool("ruff"), "check", "--output-format", "concise")


def test_ruff_format():
    run(tool("ruff"), "format", "--check", "--diff")


@pytest.mark.slow
def test_mypy():
    run(sys.executable, "-m", "mypy")


def test_import_linter():
    run(tool("lint-imports"))
