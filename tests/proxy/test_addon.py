"""The addon's own small parts. What it does in a running proxy is in test_traps.py and tests/e2e."""

import httpx
import pytest

from tests.fakes.privet import running
from tests.fakes.vendor import Vendor

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize(("trusted", "department", "user"), [(["127.0.0.0/8"], "finance", "bob"), ([], "default", "")])
async def test_identity_headers_count_only_from_trusted_clients(tmp_path, trusted, department, user) -> None:
    with Vendor() as vendor:
        async with (
            running(tmp_path, vendor, settings={"identity": {"trusted_clients": trusted}}) as privet,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            headers = {"x-privet-user": "bob", "x-privet-department": "finance"}
            reply = await client.post(f"{privet.gateway}/openai/v1/chat/completions", json=BODY, headers=headers)
            assert reply.status_code == 200
            actor = privet.store.intents[0].actor
            assert (actor.department, actor.user) == (department, user)
            assert not [name for name, _ in vendor.requests[0].headers if name.lower().startswith("x-privet")]


async def test_identity_headers_of_other_names_stay_here_too(tmp_path) -> None:
    named = {"header": "X-Auth-User", "department_header": "X-Auth-Group", "trusted_clients": ["127.0.0.0/8"]}
    with Vendor() as vendor:
        async with (
            running(tmp_path, vendor, settings={"identity": named}) as privet,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            headers = {"x-auth-user": "bob", "x-auth-group": "finance"}
            await client.post(f"{privet.gateway}/openai/v1/chat/completions", json=BODY, headers=headers)
            assert privet.store.intents[0].actor.user == "bob"
            assert not [name for name, _ in vendor.requests[0].headers if name.lower().startswith("x-auth")]


async def test_identity_headers_through_the_proxy_count_for_nothing(tmp_path) -> None:
    with Vendor() as vendor:
        settings = {"identity": {"trusted_clients": ["127.0.0.0/8"]}}
        async with running(tmp_path, vendor, settings=settings) as privet, privet.client() as client:
            await client.post(
                "https://api.openai.com/v1/chat/completions", json=BODY, headers={"x-privet-department": "finance"}
            )
            assert privet.store.intents[0].actor.department == "default"


async def test_upstream_failures_are_recorded(tmp_path) -> None:
    with Vendor(names=("other.example",)) as vendor:  # a certificate for another name
        async with running(tmp_path, vendor) as privet, privet.client() as client:
            reply = await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
            assert reply.status_code == 502
            assert vendor.http_bytes == 0
            assert [event.outcome.error for event in privet.store.outcomes] == ["upstream_certificate"]


async def test_the_gateway_answers_the_local_api_too(tmp_path) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet, httpx.AsyncClient(trust_env=False) as client:
            scan = await client.post(f"{privet.gateway}/scan", json={"text": "Anna Schmidt"})
            assert scan.json()["findings"][0]["entity_type"] == "PERSON"
            assert (await client.get(f"{privet.gateway}/healthz")).status_code == 200
        assert privet.store.intents == []


async def test_keep_alive_reaches_the_same_upstream_connection(tmp_path) -> None:
    with Vendor() as vendor:
        async with running(tmp_path, vendor) as privet, privet.client() as client:
            for _ in range(3):
                await client.post("https://api.openai.com/v1/chat/completions", json=BODY)
        assert len({request.connection for request in vendor.requests}) == 1
