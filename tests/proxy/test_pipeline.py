"""The one path of a request, with a table for detection and a list for the log."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from configs.settings import Settings
from detectors.finding import Label, SkipReason
from policy.decision import Effect
from policy.load import load_policy
from proxy.errors import OverloadError
from proxy.identity import Principal
from proxy.ledger import Ledger
from proxy.message import Request
from proxy.pipeline import Pipeline, Verdict
from proxy.record import Record
from tests.fakes.privet import POLICY, ListStore, TableInspector

WHO = Principal(user=None, department="default", address="127.0.0.1")
REROUTE = """
schema: privet.policy/1
id: inside
defaults: {effect: allow}
models:
  inside: {backend: embedded, model: smollm2-135m}
rules:
  - id: figures
    when: {labels: [{name: financial, min_score: 0.8}]}
    effect: reroute
    obligations: [{to: inside}]
  - id: sorting
    when: {tasks: [email_categorisation]}
    effect: reroute
    obligations: [{to: inside}]
  - id: people
    when: {entities: [{type: PERSON}]}
    obligations: [{tokenize: {types: [PERSON]}}]
"""


@pytest.fixture
def make(tmp_path):
    def build(policy: str = POLICY, settings: dict[str, Any] | None = None, **inspector: Any) -> Pipeline:
        (tmp_path / "policy.yaml").write_text(policy)
        return Pipeline(
            settings=Settings.model_validate(settings or {}),
            policy=load_policy(tmp_path / "policy.yaml"),
            inspector=TableInspector(**inspector),
            recorder=Record(ListStore(), b"k" * 32, 20.0),
            token_key=b"t" * 32,
        )

    return build


def request(text: str | None = None, *, body: bytes | None = None, path: str = "/v1/chat/completions", **headers: str):
    if body is None:
        body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}).encode()
    given = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request(method="POST", host="api.openai.com", path=path, headers=given, body=body)


def sent(verdict: Verdict) -> str:
    body = json.loads(verdict.body if verdict.body is not None else verdict.request.body)
    return str(body["messages"][0]["content"])


async def test_harmless_requests_go_as_they_are(make) -> None:
    verdict = await make().judge(request("hello"), WHO)
    assert verdict.goes
    assert verdict.body is verdict.path is None
    assert verdict.tokens == {}


async def test_redaction_is_allow_with_obligations(make) -> None:
    verdict = await make().judge(request("I am Anna Schmidt, anna@example.com"), WHO)
    assert verdict.goes
    assert verdict.decision.effect is Effect.ALLOW
    assert set(verdict.tokens.values()) == {"Anna Schmidt", "anna@example.com"}
    assert "Anna" not in sent(verdict)
    assert all(token in sent(verdict) for token in verdict.tokens)


async def test_the_same_person_has_the_same_token_in_every_request(make) -> None:
    first = await make().judge(request("I am Anna Schmidt"), WHO)
    second = await make().judge(request("who is Anna Schmidt? Anna Schmidt!"), WHO)
    assert list(first.tokens) == list(second.tokens)


async def test_another_department_has_other_tokens(make) -> None:
    here = await make().judge(request("I am Anna Schmidt"), WHO)
    there = await make().judge(request("I am Anna Schmidt"), replace(WHO, department="finance"))
    assert set(here.tokens) != set(there.tokens)
    one = await make(settings={"tokens": {"scope": "tenant"}}).judge(request("I am Anna Schmidt"), WHO)
    two = await make(settings={"tokens": {"scope": "tenant"}}).judge(
        request("I am Anna Schmidt"), replace(WHO, department="finance")
    )
    assert set(one.tokens) == set(two.tokens)


async def test_blocks_say_which_rule(make) -> None:
    verdict = await make().judge(request("hunter2-secret"), WHO)
    assert not verdict.goes
    assert verdict.refusal.status == 403
    body = json.loads(verdict.refusal.body)
    assert body["privet"]["rules"] == ["secrets-stay"]
    assert body["privet"]["entity_types"] == ["SECRET"]
    assert body["privet"]["decision_id"] == verdict.decision.id
    assert b"hunter2" not in verdict.refusal.body


async def test_monitor_decides_and_changes_nothing(make) -> None:
    pipeline = make(POLICY.replace("id: test", "id: test\nmode: monitor"))
    for text in ("hunter2-secret", "I am Anna Schmidt"):
        verdict = await pipeline.judge(request(text), WHO)
        assert verdict.goes
        assert verdict.body is None
        assert not verdict.decision.enforced
    blocked = pipeline.recorder.store.intents[0]
    assert (blocked.decision.effect, blocked.decision.mode) == ("block", "monitor")


@pytest.mark.parametrize("reason", list(SkipReason))
async def test_uninspected_is_not_harmless(make, reason: SkipReason) -> None:
    verdict = await make(reason=reason).judge(request("hello"), WHO)
    assert verdict.refusal is not None
    assert verdict.refusal.status == (503 if reason.value in {"timeout", "detector_down", "detector_error"} else 403)
    key = "unreadable_clients" if reason.value == "unreadable_client" else "when_uninspected"
    assert f"defaults.{key}" in verdict.decision.determining_rules
    allowed = await make(POLICY.replace("when_uninspected: block", "when_uninspected: allow"), reason=reason).judge(
        request("hello"), WHO
    )
    assert allowed.goes


async def test_a_file_that_nobody_opened_is_not_harmless(make) -> None:
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQ="}}
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": [part]}]}).encode()
    verdict = await make().judge(request(body=body), WHO)
    assert verdict.refusal is not None
    assert [item.reason for item in verdict.inspection.skipped] == [SkipReason.UNSUPPORTED_MEDIA]


async def test_an_error_meets_when_error(make) -> None:
    verdict = await make(fault=RuntimeError()).judge(request("hello"), WHO)
    assert verdict.refusal.status == 503
    assert "defaults.when_error" in verdict.decision.determining_rules
    allowed = await make(POLICY.replace("when_error: block", "when_error: allow"), fault=RuntimeError()).judge(
        request("hello"), WHO
    )
    assert allowed.goes


async def test_what_could_not_be_redacted_never_goes(make) -> None:
    pipeline = make(POLICY.replace("when_error: block", "when_error: allow"))
    pipeline.token_key = None
    verdict = await pipeline.judge(request("I am Anna Schmidt"), WHO)
    assert not verdict.goes
    assert verdict.decision.determining_rules == ("privet.fail_closed",)


async def test_encoded_bodies_go_as_they_came_unless_changed(make) -> None:
    plain = request("hello").body
    verdict = await make().judge(request(body=gzip.compress(plain)), WHO, content_encoding="gzip")
    assert verdict.goes
    assert verdict.body is None
    plain = request("I am Anna Schmidt").body
    verdict = await make().judge(request(body=gzip.compress(plain)), WHO, content_encoding="gzip")
    assert b"Anna" not in verdict.body
    json.loads(verdict.body)


async def test_queries_are_read_too(make) -> None:
    verdict = await make().judge(request("hello", path="/v1/chat/completions?q=Anna%20Schmidt&x=1"), WHO)
    assert verdict.goes
    assert "Anna" not in verdict.path
    assert verdict.path.startswith("/v1/chat/completions?q=PERSON_")
    assert verdict.path.endswith("&x=1")
    blocked = await make().judge(request("hello", path="/v1/chat/completions?q=hunter2-secret"), WHO)
    assert not blocked.goes


async def test_labels_reroute(make) -> None:
    pipeline = make(REROUTE, labels=(Label("financial", 0.9, "m"),))
    verdict = await pipeline.judge(request("revenue, says Anna Schmidt"), WHO)
    assert not verdict.goes
    assert verdict.refusal is None
    assert verdict.target.name == "inside"
    assert verdict.chat.messages[-1].text.startswith("revenue, says PERSON_")
    assert (await make(REROUTE, labels=(Label("financial", 0.5, "m"),)).judge(request("revenue"), WHO)).goes


async def test_a_declared_task_reroutes(make) -> None:
    verdict = await make(REROUTE).judge(request("sort this", x_privet_task="email_categorisation"), WHO)
    assert verdict.target is not None


async def test_what_cannot_be_answered_inside_is_refused(make) -> None:
    body = json.dumps({"model": "text-embedding-3-small", "input": "revenue"}).encode()
    pipeline = make(REROUTE, labels=(Label("financial", 0.9, "m"),))
    verdict = await pipeline.judge(request(body=body, path="/v1/embeddings"), WHO)
    assert verdict.refusal is not None
    assert verdict.target is None


async def test_what_is_asked_for_and_nobody_inside_does_is_refused_by_name(make) -> None:
    pipeline = make(REROUTE, labels=(Label("financial", 0.9, "m"),))
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "revenue"}], "n": 3, "logprobs": True}
    verdict = await pipeline.judge(request(body=json.dumps(body).encode()), WHO)
    assert verdict.target is None
    assert verdict.refusal is not None
    assert verdict.refusal.status == 403
    assert "without logprobs, n it can" in json.loads(verdict.refusal.body)["error"]["message"]


async def test_what_a_redaction_reveals_is_redacted_too(make) -> None:
    """The changed text is scanned once more: here the detector sees a name only after the first one is gone."""
    pipeline = make(known={"Anna Schmidt": "PERSON"})
    original = TableInspector._scan

    def shy(self: TableInspector, text: str):
        self.known = {"Anna Schmidt": "PERSON"} if "Anna" in text else {"Bob Miller": "PERSON"}
        return original(self, text)

    pipeline.inspector.__class__ = type("Shy", (TableInspector,), {"_scan": shy, "__slots__": ()})
    verdict = await pipeline.judge(request("Anna Schmidt met Bob Miller"), WHO)
    assert "Bob" not in sent(verdict)
    assert set(verdict.tokens.values()) == {"Anna Schmidt", "Bob Miller"}


async def test_too_many_strings_are_refused(make) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": str(n)} for n in range(50)]}).encode()
    verdict = await make(settings={"limits": {"segments": 20}}).judge(request(body=body), WHO)
    assert verdict.refusal.status == 413


async def test_refusals_are_recorded(make) -> None:
    pipeline = make()
    verdict = await pipeline.refuse(request("hello"), WHO, "websocket")
    assert verdict.refusal.status == 403
    (event,) = pipeline.recorder.store.intents
    assert event.decision.determining_rules == ("privet.fail_closed",)
    assert [part.reason for part in event.skipped] == ["websocket"]


async def test_verdicts_do_not_show_content(make) -> None:
    verdict = await make().judge(request("I am Anna Schmidt"), WHO)
    assert "Anna" not in repr(verdict)
    assert "Schmidt" not in str(verdict)


@pytest.mark.parametrize(
    ("when", "blocked"),
    [
        ("{tools: [shell]}", True),
        ("{tools: [browser]}", False),
        ("{clients: ['codex*']}", True),
        ("{clients: ['aider*']}", False),
        ("{endpoints: [/v1/chat/completions]}", True),
        ("{endpoints: [/v1/embeddings]}", False),
        ("{regions: [us]}", True),
        ("{outside_regions: [us]}", False),
        ("{dialects: [openai-chat]}", True),
        ("{dialects: [generic]}", False),
        ("{bytes: {min: 50}}", True),
        ("{bytes: {min: 5000}}", False),
        ("{streaming: true}", True),
        ("{streaming: false}", False),
        ("{times: [{days: [tue], from: 09:00, to: 10:00, zone: Europe/Berlin}]}", True),
        ("{times: [{days: [tue], from: 09:00, to: 10:00}]}", False),
    ],
)
async def test_rules_reach_every_fact(make, when: str, blocked: bool) -> None:
    pipeline = make(f"""
schema: privet.policy/1
id: reach
defaults: {{effect: allow}}
rules: [{{id: r, when: {when}, effect: block}}]
""")
    pipeline.clock = lambda: datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    tools = [{"type": "function", "function": {"name": "shell", "parameters": {}}}]
    body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "hello"}], "tools": tools}
    verdict = await pipeline.judge(request(body=json.dumps(body).encode(), user_agent="codex_cli/0.5"), WHO)
    assert (verdict.decision.effect is Effect.BLOCK) is blocked
    assert verdict.goes is not blocked


async def test_a_deployment_is_the_model_whatever_the_body_says(make) -> None:
    pipeline = make("""
schema: privet.policy/1
id: deployments
defaults: {effect: allow}
rules: [{id: large, when: {models: ["large*"]}, effect: block}]
""")
    small = b'{"model": "small", "messages": [{"role": "user", "content": "hello"}]}'
    deployed = request(body=small, path="/openai/deployments/large-2/chat/completions")
    assert (await pipeline.judge(deployed, WHO)).decision.effect is Effect.BLOCK
    assert (await pipeline.judge(request(body=small), WHO)).goes


@pytest.mark.parametrize(
    ("when", "blocked"),
    [("{languages: [cs]}", True), ("{languages: [de]}", False), ("{outside_languages: [en]}", True)],
)
async def test_rules_reach_the_languages_of_texts(make, when: str, blocked: bool) -> None:
    policy = (
        f"schema: privet.policy/1\nid: p\ndefaults: {{effect: allow}}\nrules: [{{id: r, when: {when}, effect: block}}]"
    )
    verdict = await make(policy, languages=("cs", "en")).judge(request("dobrý den"), WHO)
    assert verdict.goes is not blocked
    assert verdict.inspection.languages["cs"] >= 1


@pytest.mark.parametrize(("seconds", "told"), [(0.2, "1"), (4.1, "5"), (3600.0, "30")])
@pytest.mark.parametrize("lenient", [False, True])
async def test_what_would_wait_too_long_is_refused_whatever_the_policy_says(make, seconds, told, lenient: bool) -> None:
    policy = POLICY.replace("when_uninspected: block, when_error: block", "when_uninspected: allow, when_error: allow")
    pipeline = make(policy if lenient else POLICY, fault=OverloadError("the detection workers are busy", seconds))
    verdict = await pipeline.judge(request("hello"), WHO)
    assert verdict.refusal is not None
    assert verdict.refusal.status == 503
    assert verdict.refusal.headers["retry-after"] == told
    assert verdict.inspection.error == "overloaded"


WHY = """
schema: privet.policy/1
id: why
defaults: {effect: allow}
rules:
  - {id: people, when: {entities: [PERSON]}, effect: justify, message: It names somebody.}
  - {id: hide, when: {entities: [PERSON]}, obligations: [{tokenize: [PERSON]}]}
"""
REASON = "The customer asked for it."


def error(verdict: Verdict) -> dict[str, Any]:
    assert verdict.refusal is not None
    told: dict[str, Any] = json.loads(verdict.refusal.body)
    return told


async def test_a_rule_asks_why(make, tmp_path) -> None:
    pipeline = make(WHY)
    pipeline.ledger = Ledger(tmp_path / "ledger.db", b"k" * 32)
    refused = await pipeline.judge(request("I am Anna Schmidt"), WHO)
    assert refused.refusal is not None
    assert (refused.goes, refused.refusal.status) == (False, 403)
    assert refused.refusal.headers["x-should-retry"] == "false"
    told = error(refused)["error"]
    assert told["code"] == "privet_justify"
    assert "It names somebody. To send it all the same, say why" in told["message"]
    assert f"privet justify {refused.decision.id}" in told["message"]
    assert pipeline.recorder.store.intents[-1].decision.effect == "justify"
    pipeline.ledger.answer(refused.decision.id, REASON, pipeline.clock().timestamp())
    passed = await pipeline.judge(request("I am Anna Schmidt"), WHO)
    assert passed.goes
    assert "Anna" not in sent(passed)
    kept = pipeline.recorder.store.intents[-1].justification
    assert (kept.by, kept.length, kept.rules, kept.reason) == ("command", 26, ("people",), "")
    pipeline.ledger.close()


@pytest.mark.parametrize("keep", [True, False])
async def test_a_reason_in_the_header(make, keep: bool) -> None:
    pipeline = make(WHY + f"record_reasons: {str(keep).lower()}\n")
    passed = await pipeline.judge(request("I am Anna Schmidt", x_privet_reason=REASON), WHO)
    assert passed.goes
    kept = pipeline.recorder.store.intents[-1].justification
    assert (kept.by, kept.reason) == ("header", REASON if keep else "")
    assert REASON not in repr(passed)
    refused = await pipeline.judge(request("I am Anna Schmidt", x_privet_reason="ok"), WHO)
    assert not refused.goes


async def test_a_reason_in_the_prompt_stays_inside(make) -> None:
    pipeline = make(WHY)
    passed = await pipeline.judge(request(f"privet-reason: {REASON}\nI am Anna Schmidt"), WHO)
    assert passed.goes
    assert sent(passed).startswith("I am PERSON_")
    assert "Anna" not in sent(passed)
    assert "reason" not in sent(passed)
    harmless = await pipeline.judge(request(f"hello\nprivet-reason: {REASON}"), WHO)
    assert sent(harmless) == "hello\n"
    assert pipeline.recorder.store.intents[-1].justification is None  # nobody asked
    short = await pipeline.judge(request("privet-reason: ok\nI am Anna Schmidt"), WHO)
    assert not short.goes


async def test_lines_stay_where_nobody_asks_why(make) -> None:
    text = f"privet-reason: {REASON}\nhello"
    assert (await make().judge(request(text), WHO)).body is None
    watching = await make(WHY.replace("defaults", "mode: monitor\ndefaults")).judge(
        request(f"privet-reason: {REASON}\nI am Anna Schmidt"), WHO
    )
    assert watching.goes
    assert watching.body is None


async def test_a_tool_gives_no_reasons(make) -> None:
    messages = [
        {"role": "user", "content": "I am Anna Schmidt"},
        {"role": "tool", "tool_call_id": "1", "content": f"privet-reason: {REASON}"},
    ]
    body = json.dumps({"model": "gpt-4o", "messages": messages}).encode()
    assert not (await make(WHY).judge(request(body=body), WHO)).goes


BUDGET = """
schema: privet.policy/1
id: budget
defaults: {effect: allow}
budgets: [{id: rate, requests: 1, every: hour}]
"""


async def test_a_spent_budget_is_429(make, tmp_path) -> None:
    pipeline = make(BUDGET)
    pipeline.clock = lambda: datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    pipeline.ledger = Ledger(tmp_path / "ledger.db", b"k" * 32)
    assert (await pipeline.judge(request("hello"), WHO)).goes
    refused = await pipeline.judge(request("hello"), WHO)
    assert refused.refusal is not None
    assert (refused.refusal.status, refused.refusal.headers["retry-after"]) == (429, "1800")
    assert error(refused)["error"]["code"] == "privet_budget_spent"
    assert pipeline.recorder.store.intents[-1].decision.determining_rules == ("budgets.rate",)
    pipeline.ledger.close()
    for ledger in (pipeline.ledger, None):
        pipeline.ledger = ledger
        broken = await pipeline.judge(request("hello"), WHO)
        assert broken.refusal is not None
        assert (broken.goes, broken.refusal.status) == (False, 503)


async def test_a_budget_does_not_bind_in_a_policy_that_monitors(make, tmp_path) -> None:
    pipeline = make(BUDGET.replace("defaults", "mode: monitor\ndefaults"))
    pipeline.ledger = Ledger(tmp_path / "ledger.db", b"k" * 32)
    assert [(await pipeline.judge(request("hello"), WHO)).goes for _ in range(3)] == [True] * 3
    pipeline.ledger.close()
    assert (await pipeline.judge(request("hello"), WHO)).goes


async def test_a_spent_budget_can_send_inside(make, tmp_path) -> None:
    pipeline = make("""
schema: privet.policy/1
id: budget
defaults: {effect: allow}
models: {inside: {backend: embedded, model: smollm2-135m}}
rules: [{id: hide, when: {entities: [PERSON]}, obligations: [{tokenize: [PERSON]}]}]
budgets: [{id: rate, requests: 1, every: day, effect: reroute, to: inside}]
""")
    pipeline.ledger = Ledger(tmp_path / "ledger.db", b"k" * 32)
    assert (await pipeline.judge(request("hello"), WHO)).goes
    inside = await pipeline.judge(request("I am Anna Schmidt"), WHO)
    assert (inside.goes, inside.refusal) == (False, None)
    assert inside.target is not None
    assert inside.chat is not None
    assert (inside.target.name, "Anna" in inside.chat.messages[0].text) == ("inside", False)
    pipeline.ledger.close()


async def test_a_companys_own_host_has_provider_region_and_error_shape(make) -> None:
    own = {"provider": "acme", "dialect": "ollama", "region": "eu", "hosts": ["llm.acme.example"]}
    pipeline = make(settings={"hosts": [own]})
    asked = Request(
        "POST", "llm.acme.example", "/v1/unheard", {"content-type": "application/json"}, b'{"a": "hunter2-secret"}'
    )
    verdict = await pipeline.judge(asked, WHO)
    assert verdict.provider == "acme"
    assert verdict.inquiry is not None
    assert (verdict.inquiry.provider, verdict.inquiry.region) == ("acme", "eu")
    assert verdict.refusal is not None
    assert isinstance(json.loads(verdict.refusal.body)["error"], str)  # as Ollama writes errors
