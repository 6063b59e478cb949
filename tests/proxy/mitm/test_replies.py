"""The small parts around a reply. What streams do in a running proxy is in tests/e2e/test_replies.py."""

from mitmproxy.proxy.layers import http as http_layer
from mitmproxy.test import tflow

from proxy.mitm.replies import AwaitingStream, ReplyPiece, install, media_type_of, rewrite, unframe


def test_streams_are_made_of_this_kind() -> None:
    for _ in "12":
        install(lambda _: None)
        assert vars(http_layer)["HttpStream"].__bases__ == (AwaitingStream,)


def test_a_stream_that_changes_has_no_length_and_no_encoding() -> None:
    flow = tflow.tflow(resp=True)
    flow.response.headers["content-encoding"] = "gzip"
    flow.response.headers["content-length"] = "7"
    unframe(flow)
    assert "content-length" not in flow.response.headers
    assert "content-encoding" not in flow.response.headers
    assert flow.response.headers["transfer-encoding"] == "chunked"
    flow.request.http_version = "HTTP/2.0"
    del flow.response.headers["transfer-encoding"]
    flow.response.headers["content-length"] = "7"
    unframe(flow)
    assert "transfer-encoding" not in flow.response.headers


def test_another_body_has_its_own_length() -> None:
    response = tflow.tflow(resp=True).response
    response.headers["content-encoding"] = "gzip"
    response.headers["content-type"] = "Application/JSON; charset=utf-8"
    rewrite(response, b"12345")
    assert response.raw_content == b"12345"
    assert response.headers["content-length"] == "5"
    assert "content-encoding" not in response.headers
    assert media_type_of(response) == "application/json"


def test_a_repr_holds_no_content() -> None:
    assert "secret" not in repr(ReplyPiece(tflow.tflow(), b"secret"))
