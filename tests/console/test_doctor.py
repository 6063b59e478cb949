"""`privet doctor`: each thing that can be wrong is put wrong here, one at a time."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit.event import Actor, AuditEvent, DecisionFacts, RequestFacts
from audit.store import AuditStore
from configs.settings import load_settings
from configs.state import StatePaths
from console import doctor
from console.cli.init import make_keys
from console.cli.main import main
from console.doctor import CHECKS, Status, Subject, examine
from proxy.authority import VALIDITY
from proxy.content import ocr

SERVE = Path(__file__).parents[1] / "fakes" / "serve.py"
POLICY = """\
schema: privet.policy/1
id: acme
mode: enforce
defaults: {effect: allow, when_uninspected: block, when_error: block}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def config(tmp_path):
    """A Privet in order that has not served yet."""
    path = tmp_path / "privet.yaml"
    listen = {name: f"127.0.0.1:{free_port()}" for name in ("proxy", "gateway", "api")}
    path.write_text(json.dumps({"listen": listen}))
    (tmp_path / "policy.yaml").write_text(POLICY)
    make_keys(StatePaths(tmp_path / "state"))
    return path


def subject(config, *overrides, now=None):
    return Subject(load_settings(config, overrides), now or datetime.now(UTC))


def checked(config, name, *overrides, now=None):
    return list(CHECKS[name](subject(config, *overrides, now=now)))


def statuses(checks):
    return [check.status.value for check in checks]


def write_log(config, records=3):
    settings = load_settings(config)
    store = AuditStore.open(settings.audit.database, state=StatePaths(settings.state_dir), origin="privet/test")
    for number in range(records):
        event = AuditEvent.intent(
            decision_id=f"{number:026d}",
            actor=Actor("ana", "finance", "10.1.2.3"),
            request=RequestFacts("openai", "openai.chat", "api.openai.com", "/v1/chat/completions", "POST", "m", 1),
            decision=DecisionFacts("allow", "enforce", (), (), "acme", "ab12"),
            time=datetime.now(UTC),
        )
        store.append(event).result(5)
    store.close()
    return config.parent / "audit.db"


def test_in_order(config):
    checks = list(examine(subject(config)))
    assert [check for check in checks if check.status is Status.FAIL] == []
    assert [check.todo for check in checks if check.status is Status.OK] == [""] * statuses(checks).count("ok")
    assert {check.name for check in checks} == {
        "packages",
        "clock",
        "state",
        "keys",
        "authority",
        "listeners",
        "policy",
        "detection",
        "content",
        "models",
        "audit",
    }


def test_nothing_is_made(config):
    before = {path: path.stat().st_mtime_ns for path in config.parent.rglob("*") if path.is_file()}
    list(examine(subject(config)))
    assert {path: path.stat().st_mtime_ns for path in config.parent.rglob("*") if path.is_file()} == before


def test_whatever_is_not_ok_says_what_to_do(tmp_path):
    (tmp_path / "privet.yaml").write_text("")
    for check in examine(subject(tmp_path / "privet.yaml")):
        assert check.detail
        assert (check.status is Status.OK) == (check.todo == ""), check


# The command


def invoke(config, *arguments):
    return CliRunner().invoke(main, ["--config", str(config), "doctor", *arguments])


def test_command_in_order(config):
    result = invoke(config)
    assert result.exit_code == 0, result.output
    assert "Privet can serve" in result.output
    assert result.output.startswith("ok    packages")


def test_command_with_a_failure(config):
    (config.parent / "policy.yaml").write_text("schema: privet.policy/1\nid: acme\nrulse: []\n")
    result = invoke(config)
    assert result.exit_code == 1
    assert "policy.yaml:3:1" in result.output
    assert "→ See all with: privet policy check" in result.output
    assert "1 to put right" in result.output


def test_command_for_programs(config):
    (config.parent / "policy.yaml").unlink()
    result = invoke(config, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["ok"] is False
    (failed,) = [check for check in report["checks"] if check["status"] == "fail"]
    assert failed["name"] == "policy"
    assert "no such file" in failed["detail"]


def test_brackets_are_shown_as_they_are(config):
    result = CliRunner().invoke(main, ["--config", str(config), "--set", "listen.api='[::1]:1'", "doctor"])
    assert "[::1]:1" in result.output


# Each check


def test_packages(config, monkeypatch):
    monkeypatch.setattr(doctor, "clashing_packages", lambda: ("proxy.py also installs 'proxy'. Remove it.",))
    (check,) = checked(config, "packages")
    assert check == doctor.Check("packages", Status.FAIL, "proxy.py also installs 'proxy'", "Remove it.")


def test_content(config, monkeypatch):
    monkeypatch.setattr(ocr, "tesseract", lambda: "/usr/bin/tesseract")
    monkeypatch.setattr(ocr, "languages", lambda: frozenset({"eng", "osd"}))
    assert statuses(checked(config, "content")) == ["ok"]
    monkeypatch.setattr(ocr, "languages", lambda: frozenset({"osd"}))
    (check,) = checked(config, "content")
    assert (check.status, check.todo) == (Status.WARN, "apt-get install tesseract-ocr-eng")
    monkeypatch.setattr(ocr, "tesseract", lambda: None)
    (check,) = checked(config, "content")
    assert check.status is Status.WARN
    assert "tesseract-ocr" in check.todo


@pytest.mark.parametrize(
    ("now", "status"),
    [(datetime(1970, 1, 1, tzinfo=UTC), "fail"), (datetime(2026, 10, 31, tzinfo=UTC), "fail"), (None, "ok")],
)
def test_clock(config, now, status):
    assert statuses(checked(config, "clock", now=now)) == [status]


def test_clock_that_went_back(config):
    write_log(config)
    assert statuses(checked(config, "clock")) == ["ok"]
    (check,) = checked(config, "clock", now=datetime.now(UTC) - timedelta(hours=1))
    assert check.status is Status.FAIL
    assert "newest audit record" in check.detail


@pytest.mark.parametrize(
    ("name", "mode", "todo"),
    [
        ("state", 0o750, "chmod 700"),
        ("state/token.key", 0o640, "chmod 600"),
        ("state/fingerprint.key", 0o604, "chmod 600"),
        ("state/audit-signing.pem", 0o644, "chmod 600"),
    ],
)
def test_state_that_others_may_read(config, name, mode, todo):
    (config.parent / name).chmod(mode)
    (check,) = [check for check in checked(config, "state") if check.status is not Status.OK]
    assert check.status is Status.FAIL
    assert check.todo == f"{todo} {config.parent / name}"


def test_short_key(config):
    (config.parent / "state" / "token.key").write_bytes(b"x" * 31)
    (check,) = [check for check in checked(config, "state") if check.status is not Status.OK]
    assert "got 31" in check.detail
    assert "backup" in check.todo


def test_missing_key(config):
    (config.parent / "state" / "token.key").unlink()
    assert statuses(checked(config, "state")).count("warn") == 1


@pytest.mark.parametrize(
    ("after", "status", "told"),
    [
        (timedelta(), "ok", "until"),
        (VALIDITY - timedelta(days=31), "ok", "until"),
        (VALIDITY - timedelta(days=29), "warn", "until"),
        (VALIDITY + timedelta(days=1), "fail", "expired"),
        (timedelta(days=-2), "fail", "valid only from"),
    ],
)
def test_authority(config, after, status, told):
    (check,) = checked(config, "authority", now=datetime.now(UTC) + after)
    assert check.status.value == status
    assert told in check.detail


def test_authority_that_others_may_read(config):
    (config.parent / "state/ca/mitmproxy-ca.pem").chmod(0o644)
    (check,) = checked(config, "authority")
    assert check.status is Status.FAIL
    assert "chmod 600" in check.todo + check.detail


@pytest.mark.parametrize("name", ["proxy", "gateway"])
def test_listener_that_is_taken(config, name):
    host, _, port = getattr(load_settings(config).listen, name).rpartition(":")
    with socket.create_server((host, int(port))):
        (check,) = checked(config, "listeners")
    assert check.status is Status.FAIL
    assert f"listen.{name}" in check.detail


def test_listeners_of_the_running_one(config):
    settings = load_settings(config)
    host, _, port = settings.listen.api.rpartition(":")
    state = StatePaths(settings.state_dir)
    process = subprocess.Popen(
        [sys.executable, SERVE, state.root, host, port, state.instance, "0", "", settings.listen.proxy],
        stdout=subprocess.DEVNULL,
    )
    try:
        while not state.serving.exists():
            time.sleep(0.02)
        (check,) = checked(config, "listeners")
        assert check.status is Status.OK
        assert f"process {process.pid}" in check.detail
        other = f"state_dir={config.parent / 'other'}"
        (check,) = checked(config, "listeners", other)
        assert check.status is Status.FAIL
        assert "another Privet" in check.detail
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POLICY, ["ok"]),
        (POLICY.replace("enforce", "monitor"), ["ok", "warn"]),
        (POLICY + "rulse: []\n", ["fail"]),
        ("a: [", ["fail"]),
        ("", ["fail"]),
    ],
)
def test_policy(config, text, expected):
    (config.parent / "policy.yaml").write_text(text)
    assert statuses(checked(config, "policy")) == expected


def test_policy_that_needs_the_classifier(config):
    rule = "rules: [{id: r, description: d, when: {labels: [{name: financial, min_score: 0.8}]}, effect: block}]\n"
    (config.parent / "policy.yaml").write_text(POLICY + rule)
    assert statuses(checked(config, "policy")) == ["ok"]
    (check,) = checked(config, "policy", "classifier.enabled=false")
    assert "classifier.enabled" in check.detail


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [
        ("ana:$2y$05$abcdefghijklmnopqrstuv\n", 0o640, ["ok"]),
        ("ana:$2y$05$abcdefghijklmnopqrstuv\n", 0o644, ["warn"]),
        ("ana:$apr1$abc\n", 0o600, ["fail"]),
        ("ana:secret\n", 0o600, ["fail"]),
        (None, 0o600, ["fail"]),
    ],
    ids=["in order", "readable", "another hash", "no hash", "missing"],
)
def test_users(config, text, mode, expected):
    path = config.parent / "users"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    checks = checked(config, "users", "identity.users_file=users")
    assert statuses(checks) == expected
    assert "secret" not in str(checks)
    assert "$" not in str(checks)


@pytest.mark.parametrize(("content", "expected"), [("certificate", "ok"), ("nonsense", "fail"), (None, "fail")])
def test_upstream(config, content, expected):
    path = config.parent / "roots.pem"
    if content == "certificate":
        path.write_bytes((config.parent / "state/ca/privet-ca.pem").read_bytes())
    elif content:
        path.write_text(content)
    assert statuses(checked(config, "upstream", "upstream.ca_file=roots.pem")) == [expected]
    assert checked(config, "upstream") == []


def test_detection(config, monkeypatch):
    import detectors.weights
    from detectors.errors import DetectorError

    assert statuses(checked(config, "detection")) == ["ok", "ok"]

    def changed(weights):
        raise DetectorError(f"{weights.distribution}: a file was changed. Reinstall it.")

    monkeypatch.setattr(detectors.weights, "verified_folder", changed)
    checks = checked(config, "detection")
    assert statuses(checks) == ["fail"]
    assert checks[0].todo == "Reinstall it."


def test_models(config, monkeypatch, tmp_path):
    from local_models import catalog

    spec = catalog.CATALOG[0]
    monkeypatch.setattr(catalog, "CATALOG", (spec,))
    assert statuses(checked(config, "models")) == ["ok"]
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(catalog, "location_of", lambda _spec: tmp_path / "other.gguf")
    (check,) = checked(config, "models")
    assert check.status is Status.FAIL
    assert spec.name in check.detail


def test_derived_model_that_is_not_made_yet(config, monkeypatch, tmp_path):
    from local_models import catalog

    monkeypatch.setenv(catalog.MODELS_DIR_VARIABLE, str(tmp_path / "models"))
    checks = checked(config, "models")
    derived = [spec for spec in catalog.CATALOG if spec.derived_from]
    assert statuses(checks).count("warn") == len(derived)
    assert not (tmp_path / "models").exists()


def test_database_not_made_yet(config):
    (check,) = checked(config, "audit")
    assert check.status is Status.OK
    assert "at first start" in check.detail


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://host/db", "isn't supported"),
        ("sqlite:///", "the log needs a file"),
        ("sqlite:///missing/audit.db", "no such directory"),
    ],
)
def test_database_that_cannot_be(config, url, told):
    (check,) = checked(config, "audit", f"audit.database={url}")
    assert check.status is Status.FAIL
    assert told in check.detail + check.todo


def test_database_in_order(config):
    write_log(config)
    checks = checked(config, "audit")
    assert statuses(checks) == ["ok", "ok"]
    assert "whole" in checks[1].detail


def test_database_that_was_changed(config):
    path = write_log(config)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM audit_record WHERE seq = 2")
    connection.close()
    checks = checked(config, "audit")
    assert statuses(checks) == ["ok", "fail"]
    assert "privet audit verify" in checks[1].todo


def test_database_that_is_gone(config):
    write_log(config).unlink()
    (check,) = checked(config, "audit")
    assert check.status is Status.FAIL
    assert "is gone" in check.detail


def test_database_that_is_locked(config, monkeypatch):
    path = write_log(config)
    monkeypatch.setattr(doctor, "_LOCK_SECONDS", 0.1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        (check,) = checked(config, "audit")
        assert check.status is Status.FAIL
        assert "SQLITE_BUSY" in check.detail
    finally:
        holder.close()


def test_database_that_is_no_database(config):
    (config.parent / "audit.db").write_text("nonsense" * 100)
    (check,) = checked(config, "audit")
    assert check.status is Status.FAIL


def test_large_database_is_left_to_the_command_for_it(config, monkeypatch):
    write_log(config)
    monkeypatch.setattr(doctor, "QUICK_BYTES", 10)
    assert "privet audit verify" in checked(config, "audit")[1].detail


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_directory_that_cannot_be_written(config):
    config.parent.chmod(0o500)
    try:
        (check,) = checked(config, "audit")
        assert check.status is Status.FAIL
    finally:
        config.parent.chmod(0o700)


def test_broken_installation_is_one_finding(config, monkeypatch):
    def broken(_subject):
        raise ModuleNotFoundError("no", name="onnxruntime")

    monkeypatch.setitem(CHECKS, "detection", broken)
    checks = list(examine(subject(config)))
    (found,) = [check for check in checks if check.name == "detection"]
    assert "onnxruntime" in found.detail
    assert checks[-1].name == "audit"


def test_files_of_somebody_else_are_one_line_each(config, monkeypatch):
    """Doctor is what people try first, often as the wrong user."""
    state = subject(config).paths.root
    real = Path.stat

    def stat(self, **options):
        if state in self.parents:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", stat)
    checks = list(examine(subject(config)))
    failed = {check.name for check in checks if check.status is Status.FAIL}
    assert {"state", "authority"} <= failed
    assert "policy" not in failed
    assert all(check.todo for check in checks if check.status is Status.FAIL)


def test_own_data(config):
    directory = config.parent
    assert checked(config, "data") == []
    (directory / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{type: PROJECT, words: [Heron]}]\n")
    config.write_text(json.dumps({"data": {"dictionaries": ["terms.yaml"]}}))
    (check,) = checked(config, "data")
    assert (check.status, check.detail) == (Status.OK, "terms: 1 entries")
    (directory / "policy.yaml").write_text(POLICY + "rules: [{id: own, when: {entities: [PROJECT]}, effect: block}]\n")
    assert statuses(checked(config, "policy")) == ["ok"]
    config.write_text(json.dumps({"data": {"required": ["customers"]}}))
    (check,) = checked(config, "data")
    assert check.status is Status.FAIL
    assert "customers.set is missing" in check.detail
    assert "privet data add" in check.todo
    assert "fail" in statuses(checked(config, "policy"))
