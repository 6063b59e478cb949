"""The root: every command is there, has help that reads well, and is imported only when it is needed."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from console.cli.context import Cli
from console.cli.main import COMMANDS, main


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    context = click.Context(group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += _commands(command, (*path, name))
    return found


@pytest.mark.parametrize("path", _commands(main), ids=" ".join)
def test_help(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*path, "--help"])
    assert done.exit_code == 0
    assert done.output.startswith(f"Usage: main {' '.join(path)}")
    assert "\\b" not in done.output  # click's mark for "leave these lines as they are" must not show


@pytest.mark.parametrize("path", [path for path in _commands(main) if path[0] not in {"audit", "policy", "models", "ca"} or len(path) > 1], ids=" ".join)  # fmt: skip
def test_help_has_an_example(path: tuple[str, ...]) -> None:
    assert f"privet {' '.join(path)}" in CliRunner().invoke(main, [*path, "--help"]).output


def test_unknown_commands_are_told() -> None:
    done = CliRunner().invoke(main, ["polcy"])
    assert done.exit_code == 2
    assert "No such command" in done.stderr


def test_help_is_quick_to_import() -> None:
    code = "import sys, console.cli.main as m; [m.main.get_command(None, c) for c in m.COMMANDS]; print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in (
        "mitmproxy",
        "spacy",
        "presidio_analyzer",
        "llama_cpp",
        "sqlalchemy",
        "onnxruntime",
        "sklearn",
        "genai_prices",
    ):
        assert f"'{heavy}'" not in modules
    assert len(COMMANDS) == 13


REPOSITORY = Path(__file__).parents[3]

FAULTS = {
    "a file of somebody else's": (
        PermissionError(13, "Permission denied", "/x/y"),
        "privet: /x/y: Permission denied\n",
    ),
    "an error without a file": (OSError(28, "No space left on device"), "privet: No space left on device\n"),
    "a mistake of ours": (KeyError("ana.smith@example.com"), "privet: a mistake in Privet: KeyError"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_no_error_is_shown_as_python_shows_it(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    error, said = FAULTS[case]

    def broken(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(Cli, "settings", broken)
    done = CliRunner().invoke(main, ["ca", "show"])
    assert done.exit_code == 2  # 1 would say: the answer is no
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert "ana.smith" not in done.stderr  # an exception may quote what was read


def test_the_place_of_a_mistake_is_told_and_the_traceback_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.cli.context.load_settings", lambda *_arguments: 1 // 0)
    done = CliRunner().invoke(main, ["--config", "x.yaml", "ca", "show"])
    assert "ZeroDivisionError in tests/console/cli/test_main.py, line " in done.stderr
    monkeypatch.setenv("PRIVET_TRACEBACK", "1")
    done = CliRunner().invoke(main, ["--config", "x.yaml", "ca", "show"])
    assert isinstance(done.exception, ZeroDivisionError)


def test_output_that_nobody_reads_any_more_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(Cli, "settings", broken)
    assert CliRunner().invoke(main, ["ca", "show"]).stderr == ""


@pytest.mark.parametrize("arguments", [["doctor"], ["policy", "explain", "--entity", "PERSON"]])
def test_output_in_ascii_has_no_end_in_the_middle(tmp_path: Path, arguments: list[str]) -> None:
    CliRunner().invoke(main, ["init", str(tmp_path)])
    command = [sys.executable, "-P", "-m", "console.cli.main", "--config", str(tmp_path / "privet.yaml"), *arguments]
    (tmp_path / "state" / "token.key").chmod(0o644)  # a line with an arrow
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, check=False, env=environ, cwd=REPOSITORY)
    assert b"mistake" not in done.stderr
    assert done.returncode == (arguments[0] == "doctor")
    done.stdout.decode("ascii")
