"""Settings: defaults, the commented file, overrides, and errors that say where."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.reference import leaves
from configs.settings import Settings, load_settings, parse_address, settings_from
from configs.yaml_source import SourceError, parse_yaml

ROOT = Path(__file__).parents[2]


def settings(text="", *overrides, base=Path("/base")):
    return settings_from(parse_yaml(text, "privet.yaml"), base, overrides)


def problems(text="", *overrides):
    with pytest.raises(SourceError) as caught:
        settings(text, *overrides)
    return [str(problem) for problem in caught.value.problems]


def test_empty_file_has_working_defaults():
    assert settings() == settings("# nothing\n") == settings_from(parse_yaml("{}", "f"), Path("/base"))
    assert settings().listen.proxy == "127.0.0.1:8080"


def test_the_shipped_file_holds_every_setting_with_its_default():
    source = parse_yaml((ROOT / "configs" / "privet.yaml").read_text(), "privet.yaml")
    assert Settings.model_validate(source.data) == Settings()
    present = set()

    def walk(data, prefix):
        for key, value in data.items():
            present.add(prefix + key)
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")

    walk(source.data, "")
    missing = {key for key, _ in leaves(Settings)} - present
    assert not missing


def test_paths_are_relative_to_the_file(tmp_path):
    file = tmp_path / "etc" / "privet.yaml"
    file.parent.mkdir()
    file.write_text(
        "policy: p.yaml\nstate_dir: ../state\nupstream: {ca_file: ca.pem}\nidentity: {users_file: /abs/users}\n"
    )
    found = load_settings(file)
    assert found.policy == tmp_path / "etc" / "p.yaml"
    assert found.state_dir.resolve() == tmp_path / "state"
    assert found.upstream.ca_file == tmp_path / "etc" / "ca.pem"
    assert found.identity.users_file == Path("/abs/users")


def test_home_directory(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ana")
    assert settings("state_dir: ~/privet").state_dir == Path("/home/ana/privet")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///audit.db", "sqlite:////base/audit.db"),
        ("sqlite:///log/audit.db", "sqlite:////base/log/audit.db"),
        ("sqlite:////var/lib/audit.db", "sqlite:////var/lib/audit.db"),
        ("sqlite:///", "sqlite:///"),
        ("postgresql://host/db", "postgresql://host/db"),
    ],
)
def test_database_is_relative_to_the_file(url, expected):
    assert settings(f"audit: {{database: '{url}'}}").audit.database == expected


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("listen.proxy=127.0.0.1:9", lambda found: found.listen.proxy == "127.0.0.1:9"),
        ("detection.workers=3", lambda found: found.detection.workers == 3),
        ("classifier.enabled=false", lambda found: found.classifier.enabled is False),
        ("content.ocr_languages=[eng, deu]", lambda found: found.content.ocr_languages == ["eng", "deu"]),
        ("upstream.hosts={a.example: 'h:1'}", lambda found: found.upstream.hosts == {"a.example": "h:1"}),
        ("upstream.hosts.api.openai.com=h:1", lambda found: found.upstream.hosts == {"api.openai.com": "h:1"}),
        ("upstream.gateway.openai=http://h/", lambda found: found.upstream.gateway == {"openai": "http://h"}),
        ("upstream.ca_file=null", lambda found: found.upstream.ca_file is None),
        ("policy=other.yaml", lambda found: found.policy == Path("/base/other.yaml")),
        ("identity.header=x-a=b", lambda found: found.identity.header == "x-a=b"),
    ],
)
def test_overrides(override, read):
    assert read(settings("", override))
    assert read(settings("listen: {proxy: 127.0.0.1:1}\ndetection: {workers: 2}\n", override))


def test_the_last_override_wins():
    assert settings("", "detection.workers=2", "detection.workers=4").detection.workers == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("listn: {}\n", r"privet.yaml:1:1: listn: no such setting"),
        ("listen:\n  prxy: 127.0.0.1:1\n", r"privet.yaml:2:3: listen.prxy: no such setting"),
        ("listen:\n  proxy: nonsense\n", r"privet.yaml:2:10: listen.proxy: expected host:port.*'nonsense'"),
        ("listen: {proxy: '127.0.0.1:70000'}\n", r"privet.yaml:1:17: listen.proxy: expected host:port"),
        ("detection: {workers: 0}\n", r"privet.yaml:1:22: detection.workers: .*greater than or equal to 1"),
        ("detection: {workers: many}\n", r"privet.yaml:1:22: detection.workers: .*integer"),
        ("classifier: {enabled: no}\n", None),  # YAML 1.2: the string "no", which pydantic reads as false
        ("limits: {nesting: 9999}\n", r"privet.yaml:1:19: limits.nesting: .*less than or equal to 400"),
        ("tokens: {scope: planet}\n", r"privet.yaml:1:17: tokens.scope:"),
        ("identity: {trusted_clients: [10.0.0.1/8]}\n", r"privet.yaml:1:30: identity.trusted_clients.0: .*host bits"),
        ("upstream: {gateway: {openai: 'ftp://x'}}\n", r"privet.yaml:1:30: upstream.gateway.openai: expected an http"),
        ("costs: {prices: [{model: m, input: .inf}]}\n", r"privet.yaml:1:36: costs.prices.0.input: .*less than"),
        ("- a\n- b\n", r"privet.yaml:1:1: expected settings"),
        ("a: 1\na: 2\n", r"privet.yaml:2:1: .*duplicate"),
        ("a: [1\n", r"privet.yaml:\d+:\d+: "),
    ],
)
def test_errors_say_where(text, expected):
    if expected is None:
        assert settings(text).classifier.enabled is False
        return
    (problem,) = problems(text)
    assert re.match(expected, problem), problem


def test_every_error_is_told():
    assert len(problems("listn: {}\ndetection: {workers: 0}\nlimits: {nesting: 1}\n")) == 3


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("nonsense", r"--set:1:1: expected key.path=value"),
        ("=1", r"--set:1:1: expected key.path=value"),
        ("listen.prxy=127.0.0.1:1", r"--set:1:1: listen.prxy: no such setting"),
        ("detection.workers=0", r"--set:1:1: detection.workers: "),
        ("policy.x=1", r"--set:1:1: .*policy is not a section"),
        ("detection.workers=[", r"--set:\d+:\d+: "),
    ],
)
def test_errors_of_overrides(override, expected):
    (problem,) = problems("policy: p.yaml\n", override)
    assert re.match(expected, problem), problem


def test_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        settings().policy = Path("x")


def test_missing_file(tmp_path):
    with pytest.raises(SourceError, match=r"privet.yaml:1:1: no such file"):
        load_settings(tmp_path / "privet.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:0", ("::1", 0)),
        ("proxy.internal:65535", ("proxy.internal", 65535)),
        ("::1:80", None),
        ("127.0.0.1", None),
        ("127.0.0.1:", None),
        (":80", None),
        ("h:65536", None),
        ("h:-1", None),
        ("h :80", None),
        ("", None),
    ],
)
def test_parse_address(text, expected):
    if expected is None:
        with pytest.raises(ValueError, match="expected host:port"):
            parse_address(text)
    else:
        assert parse_address(text) == expected


@given(st.integers(0, 65535), st.sampled_from(["h", "10.0.0.1", "a-b.example"]))
def test_addresses_are_read_back(port, host):
    assert parse_address(f"{host}:{port}") == (host, port)
