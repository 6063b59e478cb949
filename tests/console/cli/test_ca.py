"""`privet ca`: the certificate, never the key."""

import json
import shutil
import subprocess

import pytest
from click.testing import CliRunner
from cryptography import x509

from configs.state import StatePaths
from console.cli.main import main
from proxy.authority import ensure_authority


@pytest.fixture
def config(tmp_path):
    (tmp_path / "privet.yaml").write_text("")
    return tmp_path / "privet.yaml"


@pytest.fixture
def authority(config):
    return ensure_authority(StatePaths(config.parent / "state"))


def ca(config, *arguments):
    return CliRunner().invoke(main, ["--config", str(config), "ca", *map(str, arguments)])


def test_show(config, authority):
    result = ca(config, "show")
    assert result.exit_code == 0
    assert authority.fingerprint in result.output
    assert authority.subject in result.output
    assert str(authority.path) in result.output
    assert f"{authority.not_after:%Y-%m-%d}" in result.output
    assert "PRIVATE" not in result.output


def test_show_for_programs(config, authority):
    assert json.loads(ca(config, "show", "--json").output) == {
        "subject": authority.subject,
        "not_before": authority.not_before.isoformat(),
        "not_after": authority.not_after.isoformat(),
        "sha256": authority.fingerprint,
        "certificate": str(authority.path),
    }


@pytest.mark.parametrize(
    ("form", "load"), [("pem", x509.load_pem_x509_certificate), ("der", x509.load_der_x509_certificate)]
)
@pytest.mark.parametrize("to_file", [True, False])
def test_export(config, authority, tmp_path, form, load, to_file):
    if to_file:
        result = ca(config, "export", "--format", form, "--output", tmp_path / "out")
        data = (tmp_path / "out").read_bytes()
        assert "wrote" in result.stderr
    else:
        result = ca(config, "export", "--format", form)
        data = result.stdout_bytes
    assert result.exit_code == 0
    assert load(data) == authority.certificate
    assert b"PRIVATE" not in data


def test_pem_is_what_other_tools_read(config, authority, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    ca(config, "export", "-o", tmp_path / "out.pem")
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "out.pem", "-noout", "-subject"], capture_output=True, text=True
    )
    assert "Privet local authority" in shown.stdout


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["export"]])
def test_none_yet(config, command):
    result = ca(config, *command)
    assert result.exit_code == 2
    assert "privet init" in result.output
    assert not (config.parent / "state").exists()


def test_output_that_cannot_be_written(config, authority, tmp_path):
    result = ca(config, "export", "--output", tmp_path / "no" / "dir")
    assert result.exit_code == 2
    assert "can't be written" in result.output
