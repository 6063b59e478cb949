"""`privet init`: what it writes, that it never writes over, and that what it wrote can be used."""

import stat
import subprocess

import pytest
from click.testing import CliRunner

from configs.settings import Settings, load_settings
from configs.state import StatePaths
from console.cli.init import InitError, write_configuration
from console.cli.main import main
from proxy.authority import read_authority, utc_now


def init(*arguments):
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def contents(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_what_is_written(tmp_path):
    result = init(tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "privet.yaml",
        "policy.yaml",
        "policy.test.yaml",
        "state",
    }
    paths = StatePaths(tmp_path / "new" / "state")
    for path in (paths.token_key, paths.fingerprint_key, paths.audit_key, paths.ca_key):
        assert mode(path) == 0o600, path
    assert mode(paths.root) == mode(paths.ca_dir) == 0o700
    assert paths.audit_public_key.exists()
    assert paths.ca_bundle.exists()
    assert read_authority(paths, utc_now())


def test_what_is_written_are_the_defaults(tmp_path):
    init(tmp_path)
    settings = load_settings(tmp_path / "privet.yaml")
    defaults = Settings()
    assert settings.listen == defaults.listen
    assert settings.limits == defaults.limits
    assert settings.policy == tmp_path / "policy.yaml"
    assert settings.state_dir == tmp_path / "state"


def test_the_policy_is_one_that_serves(tmp_path):
    from policy.load import load_policy

    init(tmp_path)
    assert load_policy(tmp_path / "policy.yaml").mode.value == "enforce"


def test_the_policys_cases_pass(tmp_path):
    init(tmp_path)
    result = CliRunner().invoke(main, ["policy", "test", str(tmp_path / "policy.yaml")])
    assert result.exit_code == 0, result.output


def test_it_says_what_it_made_and_what_to_do_next(tmp_path):
    result = init(tmp_path)
    wrote = [line for line in result.output.splitlines() if line.startswith("wrote ")]
    assert len(wrote) == 8
    assert all(str(tmp_path) in line for line in wrote)
    for next_step in ("doctor", "policy test", "run --", "ca export"):
        assert next_step in result.output


def test_again_changes_nothing(tmp_path):
    init(tmp_path)
    before = contents(tmp_path)
    result = init(tmp_path)
    assert result.exit_code == 0
    assert contents(tmp_path) == before
    assert "wrote " not in result.output
    assert result.output.count("kept ") == 8


def test_what_is_there_stays(tmp_path):
    (tmp_path / "policy.yaml").write_text("mine")
    (tmp_path / "privet.yaml").write_text("state_dir: elsewhere\n")
    result = init(tmp_path)
    assert result.exit_code == 0
    assert (tmp_path / "policy.yaml").read_text() == "mine"
    assert (tmp_path / "privet.yaml").read_text() == "state_dir: elsewhere\n"
    assert not (tmp_path / "state").exists()
    assert StatePaths(tmp_path / "elsewhere").token_key.exists()


def test_lost_key_is_made_again_and_the_others_stay(tmp_path):
    init(tmp_path)
    paths = StatePaths(tmp_path / "state")
    kept = paths.token_key.read_bytes()
    paths.fingerprint_key.unlink()
    made = {item.path: item.new for item in write_configuration(tmp_path)}
    assert made[paths.fingerprint_key]
    assert not made[paths.token_key]
    assert paths.token_key.read_bytes() == kept


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("privet.yaml", "listn: {}\n", "privet.yaml:1:1: listn: no such setting"),
        ("privet.yaml/x", "", "privet.yaml"),
        ("state", "a file in the way", "state"),
    ],
)
def test_what_cannot_be_used(tmp_path, name, text, told):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    result = init(tmp_path)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output
    with pytest.raises(InitError):
        write_configuration(tmp_path)


def test_directory_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    assert init(tmp_path / "file").exit_code == 2
    with pytest.raises(InitError, match="can't be written"):
        write_configuration(tmp_path / "file" / "below")


def test_git_leaves_the_keys_alone(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert CliRunner().invoke(main, ["init", str(tmp_path)]).exit_code == 0
    seen = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True
    )
    assert "privet.yaml" in seen.stdout
    assert "state" not in seen.stdout
