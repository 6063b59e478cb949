"""Rules that ask why, and budgets, with the vendors' SDKs: what the person is told, and what the vendor sees."""

import asyncio

import anthropic
import bcrypt
import httpx
import httpx2
import openai
import pytest

from proxy.identity import Credentials
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

POLICY = """
schema: privet.policy/1
id: why
record_reasons: true
defaults: {effect: allow}
rules:
  - {id: people, when: {entities: [PERSON]}, effect: justify, message: It names somebody.}
  - {id: hide, when: {entities: [PERSON]}, obligations: [{tokenize: [PERSON]}]}
budgets:
  - {id: pace, requests: 3, every: day, per: [user], message: Enough for today.}
"""
USERS = {name: bcrypt.hashpw(b"x", bcrypt.gensalt(4)) for name in ("ana", "bob")}
ANNA, REASON = "Anna Schmidt", "The customer asked for it."


@pytest.fixture
def vendor():
    with Vendor() as stand_in:
        yield stand_in


@pytest.fixture
async def privet(tmp_path, vendor: Vendor):
    async with running(tmp_path, vendor, policy=POLICY, users=Credentials(USERS)) as one:
        yield one


def http(privet: Running, user: str = "ana") -> httpx.AsyncClient:
    return privet.client(proxy=httpx.Proxy(privet.proxy, auth=(user, "x")))


async def ask(client: openai.AsyncOpenAI, text: str, **headers: str) -> str | None:
    messages = [{"role": "user", "content": text}]
    reply = await client.chat.completions.create(model="gpt-4o", messages=messages, extra_headers=headers)  # type: ignore[call-overload]
    said: str | None = reply.choices[0].message.content
    return said


async def test_openai(privet: Running, vendor: Vendor) -> None:
    async with http(privet) as client:
        sdk = openai.AsyncOpenAI(api_key="sk-test", http_client=client, max_retries=2)
        with pytest.raises(openai.PermissionDeniedError, match=r"It names somebody\. To send it all the same"):
            await ask(sdk, f"I am {ANNA}")
        assert vendor.requests == []
        await ask(sdk, f"I am {ANNA}", **{"X-Privet-Reason": REASON})
        [seen] = vendor.requests
        assert not any("reason" in name.lower() for name in dict(seen.headers))
        assert not vendor.saw(REASON)
        assert not vendor.saw(ANNA)
        await ask(sdk, f"I am {ANNA}.\nprivet-reason: {REASON}")
        assert not vendor.saw(REASON)
        assert not vendor.saw("privet-reason")
        await ask(sdk, "hello")
        with pytest.raises(openai.RateLimitError, match="Enough for today") as caught:
            await ask(sdk, "hello")
        assert int(caught.value.response.headers["retry-after"]) > 0
        assert len(vendor.requests) == 3
    given = [event.justification for event in privet.store.intents]
    assert [one.by for one in given if one is not None] == ["header", "prompt"]
    assert {one.reason for one in given if one is not None} == {REASON}


async def test_anthropic(privet: Running, vendor: Vendor) -> None:
    proxy = httpx2.Proxy(privet.proxy, auth=("ana", "x"))
    async with httpx2.AsyncClient(verify=privet.trust(), proxy=proxy, timeout=20, trust_env=False) as client:
        sdk = anthropic.AsyncAnthropic(api_key="sk-ant-test", http_client=client, max_retries=2)

        async def send(text: str) -> None:
            messages: list[anthropic.types.MessageParam] = [{"role": "user", "content": text}]
            await sdk.messages.create(model="claude-test", max_tokens=50, messages=messages)

        with pytest.raises(anthropic.PermissionDeniedError, match="say why"):
            await send(f"I am {ANNA}")
        assert vendor.requests == []
        for _ in range(3):
            await send(f"privet-reason: {REASON}\nI am {ANNA}")
        assert not vendor.saw("privet-reason")
        with pytest.raises(anthropic.RateLimitError, match="Enough for today"):
            await send("hello")


async def test_afterwards(privet: Running, vendor: Vendor) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"I am {ANNA}"}]}
    url = "https://api.openai.com/v1/chat/completions"
    async with http(privet) as ana, http(privet, "bob") as bob, httpx.AsyncClient() as anyone:
        refused = await ana.post(url, json=body)
        decision = refused.json()["privet"]["decision_id"]
        assert f"privet justify {decision}" in refused.json()["error"]["message"]
        answer = {"decision_id": decision, "reason": REASON}
        unknown = {**answer, "decision_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
        assert (await anyone.post(f"{privet.gateway}/justify", json=unknown)).status_code == 404
        assert (await anyone.post(f"{privet.gateway}/justify", json=answer)).status_code == 200
        assert (await bob.post(url, json=body)).status_code == 403
        assert (await ana.post(url, json={**body, "temperature": 0.5})).status_code == 403
        assert vendor.requests == []
        assert (await ana.post(url, json=body)).status_code == 200
    assert not vendor.saw(ANNA)
    assert not vendor.saw(REASON)


TOKENS = """
schema: privet.policy/1
id: tokens
defaults: {effect: allow}
budgets:
  - {id: volume, tokens: 40, every: day, per: [user], message: Enough for today.}
"""


@pytest.mark.parametrize("told", [True, False])
async def test_a_budget_of_tokens(tmp_path, vendor: Vendor, told: bool) -> None:
    """Replies tell what they took; a stream whose client asked for no count is estimated."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell me something. " * 8}], "stream": True}
    body |= {"stream_options": {"include_usage": told}}
    users = Credentials(USERS)
    async with running(tmp_path, vendor, policy=TOKENS, users=users) as privet, http(privet) as client:
        url, ledger = "https://api.openai.com/v1/chat/completions", privet.pipeline.ledger
        assert ledger is not None
        for _ in range(40):
            reply = await client.post(url, json=body)
            if reply.status_code != 200:
                break
            await settled(privet)
        assert reply.status_code == 429
        assert "Enough for today." in reply.text
        assert int(reply.headers["retry-after"]) > 0
        seen = len(vendor.requests)
        assert 1 <= seen <= 10
        assert (await client.post(url, json=body)).status_code == 429
        assert len(vendor.requests) == seen
        async with http(privet, "bob") as other:
            assert (await other.post(url, json=body)).status_code == 200


MONEY = """
schema: privet.policy/1
id: money
defaults: {effect: allow}
budgets:
  - {id: month, usd: 0.001, every: month, soft: 0.5, message: The month's money is spent.}
"""


async def test_a_budget_of_money(tmp_path, vendor: Vendor) -> None:
    """Both limits are reached by what replies tell, at the prices of the settings."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell me something. " * 8}]}
    costs = {"prices": [{"model": "gpt-4o", "input": 10, "output": 10}]}
    async with running(tmp_path, vendor, policy=MONEY, settings={"costs": costs}) as privet, privet.client() as client:
        url = "https://api.openai.com/v1/chat/completions"
        usd = 0.0
        for _ in range(40):
            reply = await client.post(url, json=body)
            if reply.status_code != 200:
                break
            usd += reply.json()["usage"]["total_tokens"] / 100_000
            await settled(privet)
        assert reply.status_code == 429
        assert "The month's money is spent." in reply.text
        assert 0.001 <= usd < 0.002
        notices = [event for event in privet.store.events if event.notice is not None]
        assert [event.notice.code for event in notices if event.notice] == ["budget_soft"]
        assert notices[0].decision_id in {event.decision_id for event in privet.store.intents}


async def settled(privet: Running) -> None:
    """Every request has its outcome, and what its reply took is in the ledger."""
    async with asyncio.timeout(20):
        while len(privet.store.outcomes) < len(privet.store.intents):
            await asyncio.sleep(0.01)
        await asyncio.to_thread(lambda: None)
