"""What Prometheus reads."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from configs.settings import Settings
from policy.load import load_policy
from proxy.identity import Principal
from proxy.message import Request
from proxy.metrics import Metrics, add_up
from proxy.pipeline import Pipeline
from proxy.record import Record
from tests.fakes.privet import POLICY, ListStore, TableInspector


def test_exposition() -> None:
    metrics = Metrics()
    metrics.requests.labels("openai", "block", "enforce").inc()
    metrics.seconds.observe(0.02)
    families = {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}
    assert families["privet_requests"].samples[0].labels == {"provider": "openai", "effect": "block", "mode": "enforce"}
    assert "privet_inspection_seconds" in families


def test_two_privets_do_not_share_counters() -> None:
    first, second = Metrics(), Metrics()
    first.restored.inc()
    assert b"privet_replies_restored_total 1.0" in first.render()
    assert b"privet_replies_restored_total 0.0" in second.render()


def test_processes_are_added_up() -> None:
    one, two = Metrics(), Metrics()
    for metrics, count in ((one, 2), (two, 3)):
        metrics.requests.labels("openai", "allow", "enforce").inc(count)
        metrics.seconds.observe(0.003)
    two.requests.labels("openai", "block", "enforce").inc()
    text = add_up([one.render(), two.render()]).decode()
    assert 'privet_requests_total{effect="allow",mode="enforce",provider="openai"} 5.0' in text
    assert 'privet_requests_total{effect="block",mode="enforce",provider="openai"} 1.0' in text
    assert 'privet_inspection_seconds_bucket{le="0.005"} 2.0' in text
    assert "privet_inspection_seconds_count 2.0" in text
    assert "_created" not in text
    assert add_up([text.encode(), one.render()]).decode().count("# TYPE privet_requests_total counter") == 1


def test_nothing_adds_up_to_nothing() -> None:
    assert add_up([]) == add_up([b"", b""])


async def test_a_verdict_is_counted_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    pipeline = Pipeline(
        settings=Settings(),
        policy=load_policy(tmp_path / "policy.yaml"),
        inspector=TableInspector(),
        recorder=Record(ListStore(), b"f" * 32, 20.0),
        token_key=b"t" * 32,
    )
    body = (
        b'{"messages": [{"role": "user", "content": [{"text": "Anna Schmidt"}, {"image_url": {"url": "https://x"}}]}]}'
    )
    request = Request("POST", "api.openai.com", "/v1/chat/completions", {}, body)
    metrics = Metrics()
    metrics.count(await pipeline.judge(request, Principal(user=None, department="default", address="127.0.0.1")))
    text = metrics.render().decode()
    assert 'privet_requests_total{effect="block",mode="enforce",provider="openai"} 1.0' in text
    assert 'privet_findings_total{entity_type="PERSON"} 1.0' in text
    assert 'privet_uninspected_total{reason="opaque"} 1.0' in text
    assert "Anna" not in text
