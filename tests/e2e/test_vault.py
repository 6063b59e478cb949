"""Values that come back although the request doesn't hold them: what a vendor stores, what is polled, what is quoted."""

import json
import sqlite3
from typing import Any

import bcrypt
import httpx
import pytest

from proxy.identity import Credentials
from tests.fakes.model import Behaviour
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor

OPENAI = "https://api.openai.com"
USERS = {name: bcrypt.hashpw(b"x", bcrypt.gensalt(4)) for name in ("ana", "bob")}
ANNA, MAIL = "Anna Schmidt", "anna@example.com"


@pytest.fixture
def vendor():
    with Vendor() as stand_in:
        yield stand_in


def client(privet: Running, user: str = "ana") -> httpx.AsyncClient:
    return privet.client(proxy=httpx.Proxy(privet.proxy, auth=(user, "x")))


async def tokens(privet: Running, vendor: Vendor, http: httpx.AsyncClient, **more: Any) -> list[str]:
    """Send both values to a vendor that stores them; the tokens that it got."""
    body = {"model": "gpt-4o", "input": f"{ANNA} has the address {MAIL}", **more}
    reply = await http.post(f"{OPENAI}/v1/responses", json=body)
    assert reply.status_code == 200, reply.text
    assert not vendor.saw(ANNA)
    words = json.loads(vendor.requests[-1].body)["input"].split()
    return [words[0], words[-1]]


def stored(found: list[str]) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "output": [{"content": [{"text": f"**{found[0]}**: {found[1]}"}]}]}


async def test_a_later_turn_and_a_polled_response_are_restored(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, users=Credentials(USERS)) as privet, client(privet) as http:
        found = await tokens(privet, vendor, http)
        vendor.behaviour = Behaviour(text=f"It is {found[1]}.")
        later = {"model": "gpt-4o", "input": "and the address?", "previous_response_id": "resp_1"}
        reply = await http.post(f"{OPENAI}/v1/responses", json=later)
        assert reply.json()["output"][0]["content"][0]["text"] == f"It is {MAIL}."
        streamed = await http.post(f"{OPENAI}/v1/responses", json={**later, "stream": True})
        assert MAIL in "".join(
            json.loads(line[6:]).get("text", "") for line in streamed.text.splitlines() if line.startswith("data: {")
        )
        assert found[1] not in streamed.text
        vendor.behaviour = Behaviour(raw=(json.dumps(stored(found)).encode(), "application/json"))
        polled = await http.get(f"{OPENAI}/v1/responses/resp_1")
        assert polled.json()["output"][0]["content"][0]["text"] == f"**{ANNA}**: {MAIL}"
        assert polled.json()["id"] == "resp_1"


@pytest.mark.parametrize("media_type", ["application/octet-stream", "application/jsonl", "application/x-jsonl"])
async def test_batch_results_are_restored_line_by_line(tmp_path, vendor: Vendor, media_type: str) -> None:
    async with running(tmp_path, vendor, users=Credentials(USERS)) as privet, client(privet) as http:
        found = await tokens(privet, vendor, http)
        lines = [json.dumps({"custom_id": str(n), "response": {"body": stored(found)}}) for n in range(3)]
        vendor.behaviour = Behaviour(raw=("\n".join(lines).encode(), media_type))
        reply = await http.get(f"{OPENAI}/v1/files/file-1/content")
        assert [json.loads(line)["custom_id"] for line in reply.text.splitlines()] == ["0", "1", "2"]
        assert reply.text.count(ANNA) == 3
        assert found[0] not in reply.text


async def test_a_stored_file_that_is_no_text_is_left_alone(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, users=Credentials(USERS)) as privet, client(privet) as http:
        found = await tokens(privet, vendor, http)
        for data in (b"PK\x03\x04" + found[0].encode(), b"a\0b " + found[0].encode(), b"%PDF-1.7 " + found[0].encode()):
            vendor.behaviour = Behaviour(raw=(data, "application/octet-stream"))
            assert (await http.get(f"{OPENAI}/v1/files/file-1/content")).content == data
        vendor.behaviour = Behaviour(raw=(f"\xff text {found[0]}".encode("latin-1"), "application/octet-stream"))
        reply = await http.get(f"{OPENAI}/v1/files/file-1/content")
        assert reply.content == f"\xff text {ANNA}".encode("latin-1")


async def test_another_person_gets_nothing_back(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, users=Credentials(USERS)) as privet:
        async with client(privet) as ana:
            found = await tokens(privet, vendor, ana)
        vendor.behaviour = Behaviour(raw=(json.dumps(stored(found)).encode(), "application/json"))
        async with client(privet, "bob") as bob:
            for ask in (bob.get(f"{OPENAI}/v1/responses/resp_1"), bob.get(f"{OPENAI}/v1/threads/t/messages")):
                reply = await ask
                assert ANNA not in reply.text
                assert found[0] in reply.text
            vendor.behaviour = Behaviour()
            body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Who is {found[0]}?"}]}
            reply = await bob.post(f"{OPENAI}/v1/chat/completions", json=body)
            assert ANNA not in reply.text


async def test_everyone_of_the_scope_may_get_it_where_the_settings_say_so(tmp_path, vendor: Vendor) -> None:
    settings = {"tokens": {"vault_for": "scope"}}
    async with running(tmp_path, vendor, users=Credentials(USERS), settings=settings) as privet:
        async with client(privet) as ana:
            found = await tokens(privet, vendor, ana)
        vendor.behaviour = Behaviour(raw=(json.dumps(stored(found)).encode(), "application/json"))
        async with client(privet) as bob:
            assert ANNA in (await bob.get(f"{OPENAI}/v1/responses/resp_1")).text


async def test_a_quoted_token_stays_and_is_turned_back(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, users=Credentials(USERS)) as privet, client(privet) as http:
        found = await tokens(privet, vendor, http)
        privet.inspector.known = {**privet.inspector.known, found[0]: "PERSON"}
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Who is {found[0]}?"}]}
        reply = await http.post(f"{OPENAI}/v1/chat/completions", json=body)
        assert json.loads(vendor.requests[-1].body) == body, "not masked twice"
        assert reply.json()["choices"][0]["message"]["content"] == f"You said: Who is {ANNA}?"
        lookalike = found[0][:-2] + "00"
        privet.inspector.known = {**privet.inspector.known, lookalike: "PERSON"}
        body["messages"][0]["content"] = f"Who is {lookalike}?"
        await http.post(f"{OPENAI}/v1/chat/completions", json=body)
        assert not vendor.saw(lookalike), "what merely looks like a token is text like any"


async def test_without_a_vault_nothing_is_kept(tmp_path, vendor: Vendor) -> None:
    settings = {"tokens": {"vault": False}}
    async with running(tmp_path, vendor, users=Credentials(USERS), settings=settings) as privet, client(privet) as http:
        found = await tokens(privet, vendor, http)
        vendor.behaviour = Behaviour(raw=(json.dumps(stored(found)).encode(), "application/json"))
        assert (await http.get(f"{OPENAI}/v1/responses/resp_1")).content == vendor.behaviour.raw[0]
        assert not privet.state.vault.exists()


async def test_a_vault_that_cant_be_written_refuses_what_the_vendor_keeps(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, users=Credentials(USERS)) as privet, client(privet) as http:
        with sqlite3.connect(privet.state.vault) as connection:
            connection.execute("DROP TABLE kept")
        reply = await http.post(f"{OPENAI}/v1/responses", json={"model": "gpt-4o", "input": f"{ANNA} again"})
        assert reply.status_code == 503
        assert "tokens" in reply.json()["error"]["message"]
        assert vendor.http_bytes == 0, "nothing of it left"
        alone = {"model": "gpt-4o", "input": f"{ANNA} again", "store": False}
        reply = await http.post(f"{OPENAI}/v1/responses", json=alone)
        assert ANNA in reply.json()["output"][0]["content"][0]["text"], "this one needs no vault"
        assert not vendor.saw(ANNA)


async def test_a_vault_that_cant_be_read_leaves_tokens_and_bytes_alone(tmp_path, vendor: Vendor) -> None:
    async with running(tmp_path, vendor, users=Credentials(USERS)) as privet, client(privet) as http:
        found = await tokens(privet, vendor, http)
        with sqlite3.connect(privet.state.vault) as connection:
            connection.execute("DROP TABLE kept")
        raw = json.dumps(stored(found)).encode()
        vendor.behaviour = Behaviour(raw=(raw, "application/json"))
        assert (await http.get(f"{OPENAI}/v1/responses/resp_1")).content == raw
