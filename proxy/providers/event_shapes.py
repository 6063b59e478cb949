"""Whose streamed event this is, told by what is in it: for endpoints and hosts of which only that much is known.

Known are the vendors' APIs, ChatGPT's and Claude's web applications. In an event that nobody knows, texts are taken to
go on where members with the usual names are; at worst an event waits for the next one.
"""

from collections.abc import Iterator
from typing import Any

from proxy.providers.anthropic_messages import anthropic_shape
from proxy.providers.cohere import cohere_shape
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.gemini import gemini_shape
from proxy.providers.json_dialect import items, mapping, string
from proxy.providers.ollama import ollama_shape
from proxy.providers.openai_chat import chat_shape
from proxy.providers.openai_objects import thread_shape
from proxy.providers.openai_responses import responses_shape

_ANTHROPIC = frozenset(
    {
        *("message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta"),
        *("content_block_stop", "ping", "error"),
    }
)
_COHERE = frozenset(
    {
        *("message-start", "message-end", "content-start", "content-delta", "content-end", "tool-plan-delta"),
        *("tool-call-start", "tool-call-delta", "tool-call-end", "citation-start", "citation-end"),
    }
)
_NAMES = frozenset(
    {
        *("text", "delta", "content", "completion", "response", "token", "answer", "output", "output_text"),
        *("generation", "generated_text", "outputText"),  # models on Bedrock and Hugging Face
    }
)
_DEPTH = 5
_AT_MOST = 16


def known_shape(event: object) -> EventShape:
    """Where the text of an event stands, whoever it is from."""
    data = mapping(event)
    kind = string(data.get("type"))
    if "choices" in data:
        return chat_shape(event)
    if "candidates" in data or "candidates" in mapping(data.get("response")):
        return gemini_shape(event)
    if string(data.get("object")).startswith("thread."):
        return thread_shape(event)
    if kind in _ANTHROPIC:
        return anthropic_shape(event)
    if kind in _COHERE or "event_type" in data:
        return cohere_shape(event)
    if isinstance(data.get("done"), bool) and ("message" in data or "response" in data):
        return ollama_shape(event)
    if kind.startswith("response.") or kind.endswith((".delta", ".done")):
        return responses_shape(event)
    if "v" in data:
        return _patch(data["v"])
    return _guess(event)


def _patch(value: Any) -> EventShape:
    """ChatGPT's pages: what is appended to the answer's text, alone or in a list of changes."""
    if isinstance(value, str):
        return EventShape(deltas=(Delta("answer", "/v"),))
    deltas = tuple(
        Delta("answer", f"/v/{index}/v")
        for index, change in enumerate(items(value))
        if mapping(change).get("o") == "append" and isinstance(mapping(change).get("v"), str)
    )
    return EventShape(deltas=deltas, closes=() if deltas else ("*",))


def _guess(event: object) -> EventShape:
    deltas = tuple(_named(event, "", _DEPTH))[:_AT_MOST]
    return EventShape(deltas=deltas, closes=() if deltas else ("*",))


def _named(value: Any, base: str, depth: int) -> Iterator[Delta]:
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, member in value.items():
            if name in _NAMES and isinstance(member, str):
                yield Delta(f"guess{base}/{name}", f"{base}/{name}")
            elif name.isidentifier() and name.isascii():
                yield from _named(member, f"{base}/{name}", depth - 1)
    elif isinstance(value, list):
        for index, member in enumerate(value[:_AT_MOST]):
            yield from _named(member, f"{base}/{index}", depth - 1)
