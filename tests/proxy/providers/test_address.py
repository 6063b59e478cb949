"""Texts in paths."""

import pytest

from proxy.errors import BodyError
from proxy.message import Request
from proxy.providers.address import address_segments, deployment, path_segments, rebuild_address, rebuild_path

PLAIN = [
    "/v1/chat/completions",
    "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&note=Anna%20Schmidt",
    "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
    "/v1/files/file-6F2ksmvXxt4VdoqmHRw6kL/content",
    "/v1/projects/p-1/locations/europe-west4/publishers/anthropic/models/claude-opus-4@20250514:streamRawPredict",
    "/model/anthropic.claude-3-5-sonnet-20240620-v1:0/converse",
    "/",
    "",
]


@pytest.mark.parametrize("path", PLAIN)
def test_plain_paths_have_none(path: str) -> None:
    assert path_segments(path) == ()
    assert rebuild_path(path, {}) is path


@pytest.mark.parametrize(
    ("path", "pointer", "text"),
    [
        ("/v1/files/Anna%20Schmidt.pdf?x=1", "~path/3", "Anna Schmidt.pdf"),
        ("/v1/users/anna@example.com/x", "~path/3", "anna@example.com"),
        ("/v1/files/Anna%2520Schmidt", "~path/3", "Anna Schmidt"),
        ("/v1/models;n=Anna%20Schmidt", "~path/2", "models;n=Anna Schmidt"),
        ("/v1/models#Anna%20Schmidt", "~path/2", "models#Anna Schmidt"),
        ("/v1/sk-proj-abcdefghijklmnop/models", "~path/2", "sk-proj-abcdefghijklmnop"),
        ("/v1/M%C3%BCller", "~path/2", "Müller"),
    ],
)
def test_texts(path: str, pointer: str, text: str) -> None:
    (segment,) = path_segments(path)
    assert (segment.pointer, segment.text) == (pointer, text)
    again = rebuild_path(path, {pointer: "a/b?c"})
    assert "a%2Fb%3Fc" in again
    assert [segment.text for segment in path_segments(again)] == ["a/b?c"]
    assert again.partition("?")[2] == path.partition("?")[2]


def test_a_path_that_is_no_utf_8() -> None:
    with pytest.raises(BodyError):
        path_segments("/v1/%FF")


def test_path_and_query_together() -> None:
    path = "/v1/files/Anna%20Schmidt?q=anna%40example.com&x=1"
    found = {segment.pointer: segment.text for segment in address_segments(path)}
    assert found == {"~path/3": "Anna Schmidt", "~query/q": "anna@example.com", "~query/x": "1"}
    changed = {"~path/3": "[PERSON]", "~query/q": "[MAIL]", "/messages/0/content": "elsewhere"}
    assert rebuild_address(path, changed) == "/v1/files/%5BPERSON%5D?q=%5BMAIL%5D&x=1"
    assert rebuild_address(path, {"/messages/0/content": "elsewhere"}) is path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "gpt-4o"),
        ("/team/openai/deployments/large%2Dmodel/audio/transcriptions", "large-model"),
        ("/openai/Deployments/large/responses", "large"),
        ("/openai/v1/chat/completions", ""),
        ("/openai/deployments", ""),
        ("/v1/chat/completions?next=/openai/deployments/large/chat", ""),
    ],
)
def test_deployments(path: str, name: str) -> None:
    assert deployment(Request("POST", "house.openai.azure.com", path, {}, b"")) == name
