"""A task is done inside or goes on as the policy says: real sockets, a real vendor's stand-in, answers from a table.

Whatever goes wrong, the vendor gets a request only where the policy would have let it go there anyway.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from detectors.finding import Label
from local_models.tasks.router import Router
from local_models.tasks.task import known_tasks
from policy.model import ModelTarget
from proxy.answer import Answerer
from proxy.errors import DeadlineError, JobError, OverloadError, WorkerError
from proxy.escalate import Came, Step, TurnedOffError, unanswered
from tests.fakes.privet import running
from tests.fakes.vendor import Vendor

MAIL = "email_categorisation"
TASKS = known_tasks()
ROUTER = Router.of(TASKS)
PARCEL = "My parcel should have been here on Monday. Where is it?"
PROMPT = TASKS[MAIL].templates[0]
SCHEMA = TASKS[MAIL].schema
SURE = [{"category": "delivery"}, 0.97, 40, 8]
UNSURE = [{"category": "delivery"}, 0.41, 40, 8]
MISFIT = [{"category": "parcels"}, 0.99, 40, 8]
NOTHING = [None, 0.0, 40, 0]

POLICY = """
schema: privet.policy/1
id: tasks
defaults: {{effect: {default}, when_uninspected: block, when_error: block}}
models:
  sorter: {{backend: task, task: email_categorisation, answerer: smollm2-135m, min_confidence: 0.9, escalate: [{chain}]}}
  large: {{backend: embedded, model: smollm2-135m}}
rules:
  - id: mails
    when: {{tasks: [email_categorisation]{when}}}
    effect: reroute
    obligations: [{{to: sorter}}]
  - id: people
    when: {{entities: [{{type: PERSON}}]}}
    obligations: [{{tokenize: {{types: [PERSON], restore: true}}}}]
{more}
"""


class Pool:
    """A worker pool that says this, piece by piece, or fails so."""

    def __init__(self, *said: Any) -> None:
        self.said, self.asked = said, []

    async def stream(self, payload: object, *, within: float, queue: int | None = None) -> AsyncIterator[Any]:
        self.asked.append(payload)
        for piece in self.said:
            if isinstance(piece, BaseException):
                raise piece
            yield piece


def policy(chain: str = "large, vendor", when: str = "", more: str = "", default: str = "allow") -> str:
    return POLICY.format(chain=chain, when=when, more=more, default=default)


def body(text: str = PARCEL, *, prompt: str = PROMPT, **more: Any) -> dict[str, Any]:
    content = prompt.replace("{input}", text)
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": content}], **more}


def wanting(schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}


@pytest.fixture(scope="module")
def vendor():
    with Vendor() as one:
        yield one


@pytest.fixture
def ask(vendor, tmp_path):
    """Ask for something with this policy and these models; the reply, what was recorded, and the bytes that left."""
    vendor.reset()

    async def _ask(
        text: str, sorter: Pool | None, large: Pool | None = None, *, sent=None, headers=None, found=None, labels=()
    ):
        before = vendor.http_bytes
        pools = {"smollm2-135m": large} if large else {}
        doers = {"sorter": sorter} if sorter else {}
        answerer = Answerer(pools=pools, session=None, deadline=5, doers=doers)
        if "openai" in text.partition("rules:")[0]:
            import aiohttp

            answerer.session = aiohttp.ClientSession()
        async with running(tmp_path, vendor, policy=text, answerer=answerer, router=ROUTER) as privet:
            privet.inspector.labels = labels
            if found is not None:
                privet.inspector.known = found
            async with privet.client() as client:
                url = "https://api.openai.com/v1/chat/completions"
                reply = await client.post(url, json=sent or body(), headers=headers)
            (intent,) = privet.store.intents
            if answerer.session is not None:
                await answerer.session.close()
            return reply, intent, vendor.http_bytes - before, list(privet.store.events)

    return _ask


def steps(intent) -> list[tuple[str, str]]:
    return [(one.model, one.outcome) for one in intent.steps]


def content(reply) -> str:
    return reply.json()["choices"][0]["message"]["content"]


async def test_a_sure_answer_goes_out_in_the_callers_dialect(ask) -> None:
    sorter = Pool(SURE)
    reply, intent, left, _ = await ask(policy(), sorter)
    assert reply.status_code == 200
    assert json.loads(content(reply)) == {"category": "delivery"}
    assert reply.headers["x-privet-rerouted"] == "sorter"
    assert sorter.asked == [PARCEL]
    assert left == 0
    assert steps(intent) == [("sorter", "answered")]
    assert intent.steps[0].confidence == 970
    assert [(one.name, one.how, one.vetoed) for one in intent.tasks] == [(MAIL, "template", False)]
    assert (intent.decision.effect, intent.decision.reroute_to) == ("reroute", "sorter")


async def test_the_worker_is_heard_to_the_end() -> None:
    class Ending(Pool):
        ended = False

        async def stream(self, payload: object, *, within: float, queue: int | None = None) -> AsyncIterator[Any]:
            yield SURE
            self.ended = True  # else the pool would end its worker, and the next request wait for another

    pool = Ending()
    answerer = Answerer(pools={}, session=None, deadline=5, doers={"sorter": pool})
    target = ModelTarget("sorter", "task", MAIL, task=MAIL)
    assert (await answerer.do(target, PARCEL)).output == {"category": "delivery"}
    assert pool.ended


async def test_streamed(ask) -> None:
    reply, _, left, _ = await ask(policy(), Pool(SURE), sent=body(stream=True))
    events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: {")]
    text = "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event["choices"])
    assert json.loads(text) == {"category": "delivery"}
    assert reply.text.rstrip().endswith("data: [DONE]")
    assert left == 0


@pytest.mark.parametrize(
    ("sent", "headers", "how"),
    [
        (body(prompt="{input}"), {"x-privet-task": MAIL}, "declared"),
        (body(prompt="{input}", metadata={"task": MAIL}), None, "declared"),
        (body(prompt="{input}", **wanting(SCHEMA)), None, "schema"),
        (body(prompt="Please c" + PROMPT[1:]), None, "template"),
    ],
)
async def test_the_ways_in_which_a_task_is_recognised(ask, sent, headers, how) -> None:
    sorter = Pool(SURE)
    reply, intent, left, _ = await ask(policy(), sorter, sent=sent, headers=headers)
    assert json.loads(content(reply)) == {"category": "delivery"}
    assert [(one.name, one.how) for one in intent.tasks] == [(MAIL, how)]
    assert sorter.asked == [PARCEL]
    assert left == 0


async def test_what_is_no_task_goes_where_it_went(ask) -> None:
    sent = body("What is the capital of Peru?", prompt="{input}")
    reply, intent, left, _ = await ask(policy(), Pool(SURE), sent=sent)
    assert content(reply).startswith("You said")
    assert left > 0
    assert (intent.tasks, intent.steps) == ((), ())


@pytest.mark.parametrize(
    ("said", "came"),
    [
        (UNSURE, "unsure"),
        (MISFIT, "misfit"),
        (NOTHING, "misfit"),
        ([{"category": "delivery"}, float("nan"), 0, 0], "unsure"),
        ([{"category": "delivery", "more": 1}, 0.99, 0, 0], "misfit"),
        (TurnedOffError("it agreed too seldom"), "turned_off"),
    ],
)
async def test_what_is_not_good_enough_goes_to_the_next_model_inside(ask, said, came) -> None:
    large = Pool('{"category": ', '"billing"}')
    reply, intent, left, _ = await ask(policy(), Pool(said), large)
    assert json.loads(content(reply)) == {"category": "billing"}
    assert reply.headers["x-privet-rerouted"] == "large"
    assert json.loads(large.asked[0]["schema"]) == SCHEMA  # it, too, is held to the form
    assert steps(intent) == [("sorter", came), ("large", "answered")]
    assert left == 0


async def test_a_form_that_the_task_can_not_give_goes_to_the_next_model(ask) -> None:
    schema = {"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]}
    large = Pool('{"reason": "late"}')
    reply, intent, left, _ = await ask(policy(), Pool(SURE), large, sent=body(**wanting(schema)))
    assert json.loads(content(reply)) == {"reason": "late"}
    assert steps(intent) == [("sorter", "misfit"), ("large", "answered")]
    assert left == 0


async def test_at_the_end_the_vendor_gets_it_redacted(ask, vendor) -> None:
    found = {"Anna Schmidt": "PERSON"}
    text = "Anna Schmidt writes: my parcel should have been here on Monday. Where is it?"
    large = Pool('{"category": "none"}')
    reply, intent, left, _ = await ask(policy(), Pool(UNSURE), large, sent=body(text), found=found)
    assert reply.status_code == 200
    assert left > 0
    assert b"Anna Schmidt" not in vendor.requests[-1].body
    assert "Anna Schmidt" in content(reply)  # the token was turned back
    assert steps(intent) == [("sorter", "unsure"), ("large", "misfit"), ("vendor", "left")]
    assert (intent.decision.effect, intent.decision.reroute_to) == ("allow", "")
    assert intent.decision.determining_rules == ("defaults.effect",)


BLOCKED = "  - {id: never, when: {providers: [openai]}, effect: block}\n"
ASKED = "  - {id: why, when: {providers: [openai]}, effect: justify}\n"
SENSITIVE = "  - {id: figures, when: {labels: [financial]}, effect: reroute, obligations: [{to: sorter}]}\n"
SECRETIVE = "  - {id: known, when: {entities: [{type: PERSON}]}, effect: reroute, obligations: [{to: sorter}]}\n"
SPENT = "budgets: [{id: none, bytes: 1, every: day}]\n"
FINANCIAL = (Label("financial", 0.9, "x"),)
ANY_OBJECT = {"sent": body(response_format={"type": "json_object"})}
PERSON = {"parcel": "PERSON"}


@pytest.mark.parametrize(
    ("text", "sorter", "large", "options", "chain"),
    [
        # A model inside failed: that is never a reason to send anything out.
        (policy(), Pool(WorkerError("died")), Pool(WorkerError("died")), {}, "failed failed forbidden"),
        (policy(), Pool(JobError("oops", "ValueError")), Pool('{"category": "x"}'), {}, "failed misfit forbidden"),
        (policy(), Pool(UNSURE), Pool(DeadlineError("late")), {}, "unsure failed forbidden"),
        (policy(), Pool(UNSURE), None, {}, "unsure failed forbidden"),
        (policy(), Pool(OverloadError("full")), Pool(OverloadError("full")), {}, "busy busy forbidden"),
        (policy(), None, None, {}, "failed failed forbidden"),
        (policy(), Pool(), Pool("nonsense"), {}, "failed misfit forbidden"),
        (policy(), Pool(["nonsense"]), Pool("[1]"), {}, "failed misfit forbidden"),
        # Nothing left to ask.
        (policy("large"), Pool(UNSURE), Pool('{"category": "x"}'), {}, "unsure misfit"),
        (policy("large"), Pool(UNSURE), Pool('{"sure": NaN}'), ANY_OBJECT, "unsure misfit"),
        (policy("large"), Pool(UNSURE), Pool(JobError("no", "GrammarError")), {}, "unsure misfit"),
        # What was found is the reason for keeping it inside, or some rule forbids the vendor.
        (policy("vendor", ", labels: [financial]"), Pool(UNSURE), None, {"labels": FINANCIAL}, "unsure forbidden"),
        (policy("vendor", ", entities: [{type: PERSON}]"), Pool(UNSURE), None, {"found": PERSON}, "unsure forbidden"),
        (policy("vendor", more=SENSITIVE), Pool(UNSURE), None, {"labels": FINANCIAL}, "unsure forbidden"),
        (policy("vendor", more=SECRETIVE), Pool(UNSURE), None, {"found": PERSON}, "unsure forbidden"),
        (policy("vendor", more=ASKED), Pool(UNSURE), None, {}, "unsure forbidden"),
        (policy("vendor", default="block"), Pool(UNSURE), None, {}, "unsure forbidden"),
        (policy("vendor", more=SPENT), Pool(UNSURE), None, {}, "unsure forbidden"),
    ],
)
async def test_the_vendor_gets_nothing(ask, text, sorter, large, options, chain) -> None:
    reply, intent, left, _ = await ask(text, sorter, large, **options)
    assert left == 0
    assert [one.outcome for one in intent.steps] == chain.split()
    inside = [word for word in chain.split() if word != "forbidden"]
    codes = {"busy": (503, "privet_model_busy"), "failed": (503, "privet_model_unavailable")}
    status, code = codes.get(inside[-1], (422, "privet_task_unanswered"))
    assert reply.status_code == status
    assert reply.json()["error"]["code"] == code
    assert "must stay inside" in reply.json()["error"]["message"]


@pytest.mark.parametrize("headers", [None, {"x-privet-task": MAIL}, {"x-privet-task": "translation"}])
async def test_a_rule_that_blocks_is_not_escaped_by_a_task(ask, headers) -> None:
    sorter = Pool(SURE)
    reply, intent, left, _ = await ask(policy("vendor", more=BLOCKED), sorter, headers=headers)
    assert (reply.status_code, left, intent.steps, sorter.asked) == (403, 0, (), [])


async def test_a_false_declaration_hides_no_task(ask) -> None:
    strict = "  - {id: bills-never, when: {tasks: [invoice_dates]}, effect: block}\n"
    bill = "Invoice 41\nInvoice date: 4 May 2026\nSubtotal 100.00\nVAT 20.00\nTotal 120.00"
    sent = body(bill, prompt=TASKS["invoice_dates"].templates[0])
    reply, _, left, _ = await ask(policy("vendor", more=strict), Pool(SURE), sent=sent, headers={"x-privet-task": MAIL})
    assert (reply.status_code, left) == (403, 0)


async def test_what_was_declared_and_does_not_look_like_it_is_not_given_to_the_small_model(ask) -> None:
    sorter = Pool(SURE)
    sent = body("import os\nfor name in os.listdir('.'):\n    print(name)", prompt="{input}")
    reply, intent, left, _ = await ask(policy("large"), sorter, Pool("x"), sent=sent, headers={"x-privet-task": MAIL})
    assert (reply.status_code, left, sorter.asked) == (422, 0, [])
    assert steps(intent) == [("sorter", "other_task"), ("large", "misfit")]


async def test_monitoring_changes_nothing(ask) -> None:
    sorter = Pool(SURE)
    reply, intent, left, _ = await ask(policy().replace("id: tasks", "id: tasks\nmode: monitor"), sorter)
    assert content(reply).startswith("You said")
    assert (sorter.asked, intent.steps, intent.decision.effect) == ([], (), "reroute")
    assert left > 0


async def test_no_server_is_asked_before_that_is_in_the_log(ask) -> None:
    house = 'large: {backend: openai, model: x, base_url: "http://127.0.0.1:9/v1"}'
    text = policy().replace("large: {backend: embedded, model: smollm2-135m}", house)
    reply, intent, left, events = await ask(text, Pool(UNSURE))
    assert (reply.status_code, left) == (503, 0)
    assert steps(intent) == [("sorter", "unsure"), ("large", "failed"), ("vendor", "forbidden")]
    asked = next(one for one in events if one.notice is not None)
    assert (asked.notice.code, asked.notice.details["model"]) == ("task_asked", "large")
    assert asked.decision_id == intent.decision_id
    assert events.index(asked) < events.index(intent)


async def test_nothing_that_was_said_is_recorded(ask) -> None:
    _, _, _, events = await ask(policy(), Pool(UNSURE), Pool('{"category": "billing"}'))
    assert "parcel" not in str(events)
    assert "billing" not in str(events)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([Came.BUSY], 503),
        ([Came.FAILED], 503),
        ([Came.OFF], 503),
        ([Came.UNSURE], 422),
        ([Came.FAILED, Came.MISFIT], 422),
        ([], 503),
    ],
)
def test_what_a_refusal_says(outcomes, status) -> None:
    decision = type("D", (), {"id": "01", "determining_rules": ("mails",)})()
    refusal = unanswered(decision, tuple(Step("m", one) for one in outcomes))
    assert refusal.status == status
    assert (refusal.retry_after is not None) == (outcomes[-1:] == [Came.BUSY])
