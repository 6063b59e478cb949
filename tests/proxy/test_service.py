"""What the service puts together. Starting, serving and reloading for real is in tests/e2e."""

from pathlib import Path

from policy.load import load_policy
from proxy.service import _api_keys, _stamp


def test_a_changed_policy_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    (tmp_path / "parent.yaml").write_text("schema: privet.policy/1\nid: parent\n")
    file.write_text("schema: privet.policy/1\nid: p\nextends: parent.yaml\n")
    policy = load_policy(file)
    before = _stamp(policy, file)
    assert _stamp(policy, file) == before
    (tmp_path / "parent.yaml").write_text("schema: privet.policy/1\nid: parent\nmode: monitor\n")
    assert _stamp(policy, file) != before
    file.unlink()
    assert _stamp(policy, file) != before


def test_keys_come_from_the_environment(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        "schema: privet.policy/1\nid: p\nmodels:\n"
        "  a: {backend: openai, base_url: 'http://x/v1', model: m, api_key_env: A_KEY}\n"
        "  b: {backend: openai, base_url: 'http://x/v1', model: m, api_key_env: NO_SUCH_KEY}\n"
        "rules: [{id: r, effect: reroute, obligations: [{to: a}]}, {id: s, effect: reroute, obligations: [{to: b}]}]\n"
    )
    monkeypatch.setenv("A_KEY", "k3y")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert _api_keys(load_policy(file)) == {"a": "k3y"}
