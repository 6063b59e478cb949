"""What every command shares: which settings file counts, and how an error is told."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from console.cli.context import EXIT_TAMPERED, Cli, fail, user_config_dir


def test_which_settings_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("PRIVET_CONFIG", raising=False)
    assert Cli(None).config_path() is None
    own = user_config_dir() / "privet.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("")
    assert Cli(None).config_path() == own
    Path("privet.yaml").write_text("")
    assert Cli(None).config_path() == Path("privet.yaml")
    monkeypatch.setenv("PRIVET_CONFIG", "named.yaml")
    assert Cli(None).config_path() == Path("named.yaml")
    assert Cli(Path("given.yaml")).config_path() == Path("given.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("listen: {proxy: nowhere}\n", ":1:17: listen.proxy: expected host:port"),
        ("a: [\n", "privet.yaml:"),
        (None, "no such file"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str], text, says: str) -> None:
    file = tmp_path / "privet.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SystemExit) as error:
        Cli(file).settings()
    assert error.value.code == 2
    assert says in capsys.readouterr().err


def test_fail() -> None:
    @click.command()
    def command() -> None:
        fail("it is broken:", ["here", "and there"], EXIT_TAMPERED)

    done = CliRunner().invoke(command)
    assert done.exit_code == 3
    assert done.stderr == "privet: it is broken:\n  here\n  and there\n"
