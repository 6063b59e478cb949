"""`privet serve` as a command. What it serves is tested in tests/proxy and tests/e2e."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from audit.errors import AuditError
from configs.settings import Settings
from configs.state import StateError
from configs.yaml_source import Problem, SourceError
from console.cli.main import main
from proxy.errors import ConfigurationError

ERRORS = [
    (SourceError([Problem("policy.yaml", 3, 1, "rulse: unknown key")]), "policy.yaml:3:1: rulse: unknown key"),
    (AuditError("audit.db: is locked"), "audit.db: is locked"),
    (StateError("state: others may read it"), "others may read it"),
    (ConfigurationError("listen.api: in use"), "listen.api: in use"),
]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    seen: list[Settings] = []

    async def serve(settings: Settings, announce, _source) -> None:
        announce("ready")
        seen.append(settings)

    monkeypatch.setattr("proxy.service.serve", serve)
    return seen


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_settings_file_may_stand_before_or_after(tmp_path: Path, served: list[Settings], place: str) -> None:
    config = tmp_path / "privet.yaml"
    config.write_text("listen: {proxy: 127.0.0.1:9999}\n")
    named = ["--config", str(config)]
    done = CliRunner().invoke(main, [*named, "serve"] if place == "before" else ["serve", *named])
    assert done.exit_code == 0, done.output
    assert served[0].listen.proxy == "127.0.0.1:9999"
    assert "ready" in done.stderr


def test_overrides_and_quiet(tmp_path: Path, served: list[Settings]) -> None:
    config = tmp_path / "privet.yaml"
    config.write_text("")
    done = CliRunner().invoke(main, ["-c", str(config), "--set", "limits.body_bytes=5000", "serve", "--quiet"])
    assert done.exit_code == 0
    assert served[0].limits.body_bytes == 5000
    assert done.stderr == ""


@pytest.mark.parametrize(("error", "says"), ERRORS)
def test_a_start_that_fails_says_why(tmp_path: Path, monkeypatch, error: Exception, says: str) -> None:
    async def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("proxy.service.serve", fail)
    config = tmp_path / "privet.yaml"
    config.write_text("")
    done = CliRunner().invoke(main, ["-c", str(config), "serve"])
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.output
