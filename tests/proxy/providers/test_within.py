"""Another dialect's bodies within a larger document."""

import json
from typing import Any

import pytest

from detectors.finding import Skipped, SkipReason
from proxy.message import Refusal, Request, Role
from proxy.providers.openai_chat import OpenAIChat
from proxy.providers.openai_embeddings import OpenAIEmbeddings
from proxy.providers.within import AnthropicBatches, Within

CHAT = Within(inner=OpenAIChat(), base="/body")


def texts(dialect: Within, data: Any) -> dict[str, tuple[str, Role]]:
    return {s.pointer: (s.text, s.role) for s in dialect.extract(json.dumps(data).encode()).segments}


def test_inside_the_inner_dialects_rules_hold_and_outside_none() -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "system", "content": "x"}]}
    assert texts(CHAT, {"model": "gpt-4o", "body": body, "bodyx": body}) == {
        "/model": ("gpt-4o", Role.METADATA),
        "/body/messages/0/content": ("x", Role.SYSTEM),
        "/bodyx/model": ("gpt-4o", Role.METADATA),
        "/bodyx/messages/0/role": ("system", Role.METADATA),
        "/bodyx/messages/0/content": ("x", Role.METADATA),
    }


@pytest.mark.parametrize("data", [{}, [], {"body": None}, {"body": []}, {"requests": {}}, {"requests": [1, {}, []]}])
def test_nothing_there(data: Any) -> None:
    assert texts(CHAT, data) == {}
    assert texts(AnthropicBatches(), data) == {}


def test_what_the_inner_dialect_cannot_read_is_not_read_here_either() -> None:
    within = Within(inner=OpenAIEmbeddings(), base="/body")
    assert within.extract(b'{"body": {"input": [1, 2]}}').skipped == (Skipped("/body/input", SkipReason.OPAQUE),)


def test_the_model_of_a_batch_is_its_first_requests() -> None:
    body = b'{"requests": [{"params": {}}, {"params": {"model": "claude-4"}}]}'
    assert AnthropicBatches().model(Request("POST", "h", "/v1/messages/batches", {}, body)) == "claude-4"
    assert AnthropicBatches().model(Request("POST", "h", "/v1/messages/batches", {}, b"{")) == ""


def test_a_batch_is_refused_as_anthropic_refuses_and_nobody_inside_answers_it() -> None:
    assert json.loads(AnthropicBatches().refusal(Refusal("01J", "No.")).body)["type"] == "error"
    assert AnthropicBatches().chat(Request("POST", "h", "/v1/messages/batches", {}, b"{}")) is None
