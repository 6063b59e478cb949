"""Signed again, or refused with a reason."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from configs.hosts import HostEntry, host_table
from proxy.errors import SigningError
from proxy.message import Request
from proxy.signing import AwsSigner, aws_signer, is_signed, signed_anew

HOST = "bedrock-runtime.eu-central-1.amazonaws.com"
PATH = "/model/us.amazon.nova-micro-v1%3A0/converse"
BODY = b'{"messages": []}'


def signed(
    service: str = "bedrock",
    region: str = "eu-central-1",
    body: bytes = BODY,
    token: str | None = None,
    host: str = HOST,
) -> Request:
    """A request as boto3 signs it."""
    made = AWSRequest("POST", f"https://{host}{PATH}", data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials("AKIACLIENT", "client-key", token), service, region).add_auth(made)
    headers = {name.lower(): value for name, value in made.headers.items()}
    return Request("POST", host, PATH, {"host": host, **headers}, body)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> AwsSigner:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHOUSE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "house-key")
    return AwsSigner(None)


def verifies(
    request: Request, headers: Mapping[str, str | None], body: bytes, key: str, token: str | None = None
) -> bool:
    """Whether AWS would take the signature: it is made once more over what arrives."""
    arrived = {**request.headers, **headers}
    again = AWSRequest("POST", f"https://{HOST}{PATH}", data=body)
    names = (arrived["authorization"] or "").split("SignedHeaders=")[1].split(",")[0].split(";")
    for name in names:
        if name != "host":
            again.headers[name] = arrived[name] or ""
    auth = SigV4Auth(Credentials("AKIAHOUSE", key, token), "bedrock", "eu-central-1")
    again.context["timestamp"] = arrived["x-amz-date"]
    canonical = auth.canonical_request(again)
    signature = auth.signature(auth.string_to_sign(again, canonical), again)
    return (arrived["authorization"] or "").endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    ("headers", "path", "expected"),
    [
        (signed().headers, PATH, True),
        ({"authorization": "aws4-hmac-sha256 x"}, PATH, True),
        ({"authorization": "Bearer k"}, PATH, False),
        ({}, PATH, False),
        ({}, f"{PATH}?X-Amz-Signature=00", True),
    ],
)
def test_is_signed(headers: dict[str, str], path: str, expected: bool) -> None:
    assert is_signed(Request("POST", HOST, path, headers, b"")) is expected


def test_a_changed_body_is_signed_with_the_credentials_of_the_house(house: AwsSigner) -> None:
    request = signed(token="client-session")
    headers = signed_anew(request, PATH, b"changed", host_table(), house)
    assert "Credential=AKIAHOUSE/" in str(headers["authorization"])
    assert headers["x-amz-security-token"] is None  # the client's, which belongs to its own key
    assert verifies(request, headers, b"changed", "house-key")
    assert not verifies(request, headers, BODY, "house-key")
    assert not verifies(request, headers, b"changed", "client-key")


def test_a_session_token_of_the_house_goes_along(house: AwsSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "house-session")
    headers = signed_anew(signed(), PATH, b"x", host_table(), house)
    assert headers["x-amz-security-token"] == "house-session"
    assert verifies(signed(), headers, b"x", "house-key", "house-session")


REFUSED = [
    signed(service="s3"),
    signed(host="q.us-east-1.amazonaws.com"),
    signed(host="api.openai.com"),
    Request("POST", HOST, f"{PATH}?X-Amz-Signature=00", {}, BODY),
    Request("POST", HOST, PATH, {"authorization": "AWS4-HMAC-SHA256 Credential=damaged"}, BODY),
    Request("POST", HOST, PATH, {"authorization": "AWS4-ECDSA-P256-SHA256 Credential=a/b/c"}, BODY),
    Request("POST", HOST, PATH, {"authorization": f"{signed().headers['authorization']}, AWS4-x"}, BODY),
]


@pytest.mark.parametrize("request_", REFUSED)
def test_only_bedrock_is_signed_for(house: AwsSigner, request_: Request) -> None:
    with pytest.raises(SigningError):
        signed_anew(request_, PATH, b"changed", host_table(), house)


def test_a_hosts_entry_of_a_users_own_counts(house: AwsSigner) -> None:
    own = HostEntry(provider="bedrock", dialect="bedrock", region="eu", hosts=("vpce-1.bedrock.example",))
    request = signed(host="vpce-1.bedrock.example")
    assert "AKIAHOUSE" in str(signed_anew(request, PATH, b"x", host_table((own,)), house)["authorization"])


def test_without_credentials_nothing_is_signed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert aws_signer(None) is None
    with pytest.raises(SigningError):
        signed_anew(signed(), PATH, b"x", host_table(), None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, f"{tmp_path}/none")
    with pytest.raises(SigningError, match="not there"):
        signed_anew(signed(), PATH, b"x", host_table(), aws_signer("environment"))
    with pytest.raises(SigningError, match="ProfileNotFound"):
        signed_anew(signed(), PATH, b"x", host_table(), aws_signer("acme"))


def test_a_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    text = "[acme]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = k\n"
    (tmp_path / "credentials").write_text(text)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/credentials")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    assert "AKIAPROFILE" in str(signed_anew(signed(), PATH, b"x", host_table(), aws_signer("acme"))["authorization"])


def test_no_key_is_in_a_repr(house: AwsSigner) -> None:
    signed_anew(signed(), PATH, b"x", host_table(), house)
    assert "house" not in repr(house)
