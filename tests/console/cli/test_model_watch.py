"""`privet models watch`: what was compared, and on again after a reset."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from configs.state import StatePaths
from console.cli.main import main
from proxy.agreement import LEAST, Agreement, Agreements


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text("schema: privet.policy/1\nid: ours\ndefaults: {effect: allow}\n")
    path = tmp_path / "privet.yaml"
    path.write_text("policy: policy.yaml\nstate_dir: state\n")
    (tmp_path / "state").mkdir()
    return path


def run(config: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "models", "watch", *args], catch_exceptions=False)


def test_nothing_yet(config: Path) -> None:
    done = run(config)
    assert (done.exit_code, done.stdout) == (0, "Nothing was compared yet.\n")
    assert run(config, "--reset", "sorter").exit_code == 1


def test_a_model_that_is_off_is_shown_and_put_on_again(config: Path) -> None:
    counts = Agreements(StatePaths(config.parent / "state").agreement)
    for n in range(LEAST):
        counts.count(Agreement("sorter", "sha256:a", "large", 1, n % 2, 0.9))
    shown = run(config)
    assert shown.exit_code == 1
    assert "sorter" in shown.stdout
    assert "off" in shown.stdout
    (row,) = json.loads(run(config, "--json").stdout)
    assert (row["compared"], row["agreed"], row["off"]) == (LEAST, LEAST // 2, True)
    assert run(config, "--reset", "sorter").exit_code == 0
    assert counts.rows() == ()
