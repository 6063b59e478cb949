"""What Prometheus can ask of Privet. Labels hold names from the policy and the shipped tables, never content."""

import time
from collections.abc import Iterable
from decimal import Decimal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from local_models.endpoints import Observe, place
from proxy.pipeline import Verdict
from proxy.usage import Usage

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """The counters of one running Privet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "privet_requests",
            "Requests to LLM hosts, by what was decided",
            ["provider", "effect", "mode"],
            registry=self.registry,
        )
        self.findings = Counter(
            "privet_findings", "Findings in requests, by entity type", ["entity_type"], registry=self.registry
        )
        self.uninspected = Counter(
            "privet_uninspected", "Parts of requests that could not be inspected", ["reason"], registry=self.registry
        )
        self.failures = Counter(
            "privet_failures", "Requests refused because something failed inside", ["reason"], registry=self.registry
        )
        self.seconds = Histogram(
            "privet_inspection_seconds",
            "Time from a request's last byte to its verdict",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.restored = Counter(
            "privet_replies_restored", "Replies in which tokens were turned back", registry=self.registry
        )
        self.tokens = Counter(
            "privet_tokens",
            "Tokens that replies told; `answered` says by whom",
            ["provider", "answered", "kind"],
            registry=self.registry,
        )
        self.usd = Counter(
            "privet_usd",
            "USD by the price list, if costs.metrics is on: estimates. What answers from inside avoided is never spent",
            ["provider", "department", "kind"],
            registry=self.registry,
        )
        self.compared = Counter(
            "privet_task_compared",
            "Answers of models that do tasks that a larger model gave, too: agreed, differed",
            ["model", "outcome"],
            registry=self.registry,
        )
        self.turned_off = Counter(
            "privet_task_turned_off",
            "Models that agreed too seldom and were turned off",
            ["model"],
            registry=self.registry,
        )
        self.reloads = Counter("privet_policy_reloads", "Policy reloads", ["result"], registry=self.registry)
        self.active = Gauge("privet_requests_active", "Requests being inspected", registry=self.registry)
        self.workers = Gauge("privet_workers_alive", "Worker processes that are up", ["job"], registry=self.registry)
        self.restarts = Gauge(
            "privet_worker_restarts", "Worker restarts since the start", ["job"], registry=self.registry
        )

        self.model_requests = Counter(
            "privet_model_requests",
            "Requests to the servers of internal models, by how they went",
            ["model", "server", "outcome"],
            registry=self.registry,
        )
        self.model_seconds = Histogram(
            "privet_model_first_seconds",
            "Time until an internal model's server began to answer",
            ["model"],
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def of_model(self, name: str) -> Observe:
        """What counts the requests to one model's servers."""

        def observe(base_url: str, outcome: str, seconds: float) -> None:
            self.model_requests.labels(name, place(base_url), outcome).inc()
            if outcome == "ok":
                self.model_seconds.labels(name).observe(seconds)

        return observe

    def count(self, verdict: Verdict) -> None:
        """One request, and what was found and decided about it."""
        decision = verdict.decision
        self.requests.labels(verdict.provider, decision.effect.name.lower(), decision.mode.value).inc()
        self.seconds.observe(time.monotonic() - verdict.started)
        for findings in verdict.inspection.findings.values():
            for finding in findings:
                self.findings.labels(finding.entity_type).inc()
        for item in verdict.inspection.skipped:
            self.uninspected.labels(item.reason.value).inc()
        if verdict.inspection.error is not None:
            self.failures.labels(verdict.inspection.error).inc()

    def count_tokens(self, verdict: Verdict, usage: Usage | None) -> None:
        """The tokens of one reply, if it told them."""
        if usage is None:
            return
        answered = "vendor" if verdict.target is None else "inside"
        self.tokens.labels(verdict.provider, answered, "input").inc(usage.input)
        self.tokens.labels(verdict.provider, answered, "output").inc(usage.output)

    def count_money(self, verdict: Verdict, usd: Decimal | None) -> None:
        """What one reply cost at a vendor, or would have cost there; None if nobody knows."""
        if usd is not None:
            kind = "spent" if verdict.target is None else "avoided"
            self.usd.labels(verdict.provider, verdict.decision.department, kind).inc(float(usd))

    def of_agreement(self, model: str, *, agreed: bool, turned_off: bool) -> None:
        """A task's answer that was compared, and whether it was one too many that differed."""
        self.compared.labels(model, "agreed" if agreed else "differed").inc()
        if turned_off:
            self.turned_off.labels(model).inc()

    def render(self) -> bytes:
        """The exposition text (version 0.0.4)."""
        return generate_latest(self.registry)


def add_up(texts: Iterable[bytes]) -> bytes:
    """Several processes' exposition texts as one: samples of the same name and labels are added."""
    families: dict[str, Metric] = {}
    sums: dict[tuple[str, str, tuple[tuple[str, str], ...]], float] = {}
    for text in texts:
        for family in text_string_to_metric_families(text.decode()):
            families.setdefault(family.name, family)
            for sample in family.samples:
                if not sample.name.endswith("_created"):  # a time, which has no sum
                    key = family.name, sample.name, tuple(sample.labels.items())
                    sums[key] = sums.get(key, 0.0) + sample.value
    merged: dict[str, Metric] = {}
    for (name, sample_name, labels), value in sums.items():
        family = families[name]
        one = merged.setdefault(name, Metric(name, family.documentation, family.type))
        one.add_sample(sample_name, dict(labels), value)

    class Merged(Collector):
        def collect(self) -> Iterable[Metric]:
            return merged.values()

    registry = CollectorRegistry()
    registry.register(Merged())
    return generate_latest(registry)
