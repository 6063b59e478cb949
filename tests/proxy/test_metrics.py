"""What Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from proxy.metrics import Metrics


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
