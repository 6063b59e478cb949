"""The values that pass through: what they tell, and that they don't show content."""

import pytest

from proxy.message import ChatMessage, Extraction, Request, Response, Role, Segment


@pytest.mark.parametrize(
    ("path", "content_type", "endpoint", "media_type"),
    [
        ("/v1/x?q=1", "Application/JSON; charset=utf-8", "/v1/x", "application/json"),
        ("/v1/x", "", "/v1/x", ""),
        ("/?", "text/plain", "/", "text/plain"),
    ],
)
def test_endpoint_and_media_type(path: str, content_type: str, endpoint: str, media_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    request = Request(method="POST", host="h", path=path, headers=headers, body=b"")
    assert (request.endpoint, request.media_type) == (endpoint, media_type)


def test_no_repr_shows_content() -> None:
    values = [
        Request(method="POST", host="h", path="/", headers={}, body=b"secret"),
        Response(status=200, headers={}, body=b"secret"),
        Segment(pointer="/a", role=Role.USER, text="secret"),
        ChatMessage(Role.USER, "secret"),
    ]
    assert "secret" not in repr(values)


def test_the_document_is_what_was_said_if_anything_was() -> None:
    said, beside = Segment("/a", Role.USER, "said"), Segment("/b", Role.METADATA, "beside")
    assert Extraction((said, beside)).document() == ["said"]
    assert Extraction((beside,)).document() == ["beside"]


def test_the_named_host() -> None:
    request = Request(method="POST", host="api.openai.com", path="/", headers={"host": "Localhost:8081"}, body=b"")
    assert request.named_host == "localhost"
