"""Which requests the vendor keeps, and which replies speak of what it kept."""

import pytest

from proxy.kept_state import leaves_state, reads_state
from proxy.message import Request


@pytest.mark.parametrize(
    ("method", "path", "body", "leaves", "reads"),
    [
        ("POST", "/v1/chat/completions", "{}", False, False),
        ("POST", "/v1/chat/completions", '{"store": true}', True, False),
        ("POST", "/openai/deployments/x/chat/completions?api-version=1", "{}", False, False),
        ("GET", "/v1/chat/completions/chatcmpl-1", "", False, True),
        ("POST", "/v1/responses", "{}", True, False),
        ("POST", "/v1/responses", '{"store": false}', False, False),
        ("POST", "/v1/responses", '{"store":false,"previous_response_id": "resp_1"}', False, True),
        ("POST", "/v1/responses", '{"previous_response_id": null}', True, False),
        ("POST", "/v1/responses", '{"conversation": {"id": "conv_1"}}', True, True),
        ("GET", "/v1/responses/resp_1", "", False, True),
        ("GET", "/v1/responses/resp_1/input_items?limit=5", "", False, True),
        ("POST", "/v1/messages", "{}", False, False),
        ("POST", "/v1/messages", '{"container": "c_1"}', True, True),
        ("POST", "/v1/messages/count_tokens", "{}", False, False),
        ("POST", "/v1/messages/batches", "{}", True, True),
        ("GET", "/v1/messages/batches/b_1/results", "", False, True),
        ("POST", "/v1/threads/t_1/messages", "{}", True, True),
        ("POST", "/v1/threads/t_1/runs", "{}", True, True),
        ("POST", "/v1/files", "", True, True),
        ("GET", "/v1/files/f/content", "", False, True),
        ("POST", "/v1beta/models/gemini-2.5-pro:generateContent", "{}", False, False),
        ("POST", "/v1beta/models/g:streamGenerateContent?alt=sse", '{"cachedContent": "c/1"}', True, True),
        ("POST", "/v1beta/cachedContents", "{}", True, True),
        ("POST", "/backend-api/conversation", '{"conversation_id": "c"}', True, True),
        ("POST", "/never/heard/of", "{}", True, True),
    ],
)
def test_state(method: str, path: str, body: str, leaves: bool, reads: bool) -> None:
    request = Request(method=method, host="api.openai.com", path=path, headers={}, body=body.encode())
    assert leaves_state(request) is leaves
    assert reads_state(request) is reads
