"""What Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from proxy.metrics import Metrics, add_up


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
