"""boto3 against a stand-in for Bedrock: whole and streamed, through proxy and gateway; signed again or refused."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.fakes.privet import Running, running
from tests.fakes.recording import SeenRequest
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

HOST = "bedrock-runtime.eu-central-1.amazonaws.com"
MODEL = "us.amazon.nova-micro-v1:0"
ways = pytest.mark.parametrize("way", ["proxy", "gateway"])


@pytest.fixture(scope="module")
def vendor_server():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Vendor:
    vendor_server.reset()
    return vendor_server


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHOUSE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "house-key")


def upstream(vendor: Vendor, sign: str | None) -> dict[str, Any]:
    return {
        "upstream": {
            "hosts": {HOST: f"127.0.0.1:{vendor.port}"},
            "ca_file": vendor.ca_file,
            "gateway": {"bedrock": f"https://{HOST}"},
            "aws_sign": sign,
        }
    }


@pytest.fixture
async def privet(tmp_path: Path, vendor: Vendor, house: None) -> AsyncIterator[Running]:
    async with running(tmp_path, vendor, settings=upstream(vendor, "environment")) as privet:
        yield privet


@pytest.fixture
async def unsigning(tmp_path: Path, vendor: Vendor, house: None) -> AsyncIterator[Running]:
    async with running(tmp_path, vendor, settings=upstream(vendor, None)) as privet:
        yield privet


def client(privet: Running, way: str) -> Any:
    options: dict[str, Any] = {"retries": {"max_attempts": 0}}
    where: dict[str, Any] = {"verify": str(privet.state.ca_cert)}
    if way == "proxy":
        options["proxies"] = {"https": privet.proxy}
    else:
        where = {"endpoint_url": f"{privet.gateway}/bedrock"}
    return boto3.client(
        "bedrock-runtime",
        region_name="eu-central-1",
        aws_access_key_id="AKIACLIENT",
        aws_secret_access_key="client-key",
        aws_session_token="client-session",
        config=Config(**options),
        **where,
    )


def verifies(seen: SeenRequest, access: str, key: str, token: str | None) -> bool:
    """Whether AWS would take what arrived."""
    authorization = seen.header("authorization") or ""
    again = AWSRequest("POST", f"https://{HOST}{seen.path}", data=seen.body)
    for name in authorization.split("SignedHeaders=")[1].split(",")[0].split(";"):
        again.headers[name] = seen.header(name) or ""
    again.context["timestamp"] = seen.header("x-amz-date")
    auth = SigV4Auth(Credentials(access, key, token), "bedrock", "eu-central-1")
    signature = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
    return authorization.endswith(f"Signature={signature}") and f"Credential={access}/" in authorization


async def say(privet: Running, way: str, text: str, *, stream: bool) -> str:
    def talk() -> str:
        bedrock = client(privet, way)
        messages = [{"role": "user", "content": [{"text": text}]}]
        if not stream:
            return str(bedrock.converse(modelId=MODEL, messages=messages)["output"]["message"]["content"][0]["text"])
        events = list(bedrock.converse_stream(modelId=MODEL, messages=messages)["stream"])
        assert "metadata" in events[-1]
        return "".join(e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e)

    return await asyncio.to_thread(talk)


@ways
@pytest.mark.parametrize("stream", [False, True])
async def test_redacted_signed_again_and_restored(privet: Running, vendor: Vendor, way: str, stream: bool) -> None:
    reply = await say(privet, way, "Please greet Anna Schmidt", stream=stream)
    assert "Anna Schmidt" in reply
    (seen,) = vendor.requests
    assert not vendor.saw("Anna Schmidt")
    assert not vendor.saw("AKIACLIENT")
    assert not vendor.saw("client-session")
    assert urlsplit(seen.path).path == f"/model/us.amazon.nova-micro-v1%3A0/converse{'-stream' if stream else ''}"
    assert verifies(seen, "AKIAHOUSE", "house-key", None)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_clean_request_keeps_its_own_signature(unsigning: Running, vendor: Vendor, stream: bool) -> None:
    assert "hello" in await say(unsigning, "proxy", "hello", stream=stream)
    assert verifies(vendor.requests[0], "AKIACLIENT", "client-key", "client-session")


async def test_at_the_gateway_every_request_is_signed_again(privet: Running, vendor: Vendor) -> None:
    assert "hello" in await say(privet, "gateway", "hello", stream=False)
    assert verifies(vendor.requests[0], "AKIAHOUSE", "house-key", None)


@pytest.mark.parametrize(("way", "text"), [("proxy", "for Anna Schmidt"), ("gateway", "hello")])
async def test_without_credentials_what_would_need_them_is_refused(
    unsigning: Running, vendor: Vendor, way: str, text: str
) -> None:
    with pytest.raises(ClientError) as error:
        await say(unsigning, way, text, stream=False)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "aws_sign" in str(error.value)
    assert "Anna" not in str(error.value)
    assert vendor.http_bytes == 0
    assert unsigning.store.intents[-1].decision.effect == "block"


@ways
async def test_a_block_is_boto3s_own_error(privet: Running, vendor: Vendor, way: str) -> None:
    with pytest.raises(ClientError) as error:
        await say(privet, way, "my key is hunter2-secret", stream=True)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "Take the credential out." in str(error.value)
    assert vendor.http_bytes == 0


async def test_an_api_key_needs_no_signature(
    unsigning: Running, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the proxy: botocore sends API keys over TLS alone."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-x")
    assert "Anna Schmidt" in await say(unsigning, "proxy", "for Anna Schmidt", stream=True)
    assert vendor.requests[0].header("authorization") == "Bearer bedrock-api-key-x"
    assert not vendor.saw("Anna Schmidt")
