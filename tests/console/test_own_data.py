"""Own data for commands: none without settings, and a clear end if it can't be used."""

import pytest

from configs.settings import Settings
from console.cli.context import Cli
from console.own_data import library_of, settings_if_any


def test_without_settings_there_is_none(tmp_path):
    assert settings_if_any(Cli(tmp_path / "none.yaml")) is None
    assert not library_of(None).revision


def test_settings_that_can_be_read(tmp_path):
    (tmp_path / "privet.yaml").write_text("data: {required: [customers]}\n")
    settings = settings_if_any(Cli(tmp_path / "privet.yaml"))
    assert settings is not None
    assert settings.data.required == ["customers"]


def test_data_that_cannot_be_used_ends_the_command(tmp_path, capsys):
    settings = Settings(state_dir=tmp_path, data={"required": ["customers"]})
    with pytest.raises(SystemExit) as caught:
        library_of(settings)
    assert caught.value.code == 2
    assert "data.required names customers" in capsys.readouterr().err
