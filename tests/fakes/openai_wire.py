"""OpenAI's wire formats: chat completions, responses, embeddings, models, errors. Pure: prompts and replies to JSON."""

import base64
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.model import Behaviour, Call, Prompt, Reply, Tool, pieces, text_of

CREATED = 1782955817
FINGERPRINT = "fp_d0469e1700"


def sse(data: Any, behaviour: Behaviour, event: str | None = None) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else dumps(data, behaviour)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def dumps(data: Any, behaviour: Behaviour) -> str:
    """Compact JSON, with or without escapes for what isn't ASCII."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=behaviour.ascii_json)


def identifier(prefix: str, prompt: Prompt, length: int = 29) -> str:
    """An id in the vendor's shape, the same for the same prompt."""
    return f"{prefix}{hashlib.sha256(f'{prompt.model} {prompt.text}'.encode()).hexdigest()[:length]}"


# Chat completions


def chat_prompt(body: Mapping[str, Any]) -> Prompt:
    """What a chat completion request asks."""
    messages = body["messages"]
    last = next((message for message in reversed(messages) if message["role"] in {"user", "tool"}), messages[-1])
    choice = body.get("tool_choice")
    forced = "*" if choice == "required" else choice["function"]["name"] if isinstance(choice, dict) else None
    functions = [tool["function"] for tool in body.get("tools") or [] if tool.get("type") == "function"]
    return Prompt(
        text=text_of(last.get("content")),
        model=body["model"],
        stream=bool(body.get("stream")),
        from_tool=last["role"] == "tool",
        tools=tuple(Tool(function["name"], function.get("parameters") or {}) for function in functions),
        forced_tool=forced,
        include_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        input_tokens=len(json.dumps(messages)) // 4,
    )


def chat_completion(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> dict[str, Any]:
    """A whole chat completion."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text or None,
        "refusal": None,
        "annotations": [],
    }
    if reply.calls:
        message["tool_calls"] = [
            {"id": _call_id(index, prompt), "type": "function", "function": _function(call, behaviour)}
            for index, call in enumerate(reply.calls)
        ]
    return {
        "id": identifier("chatcmpl-", prompt),
        "object": "chat.completion",
        "created": CREATED,
        "model": prompt.model,
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if reply.calls else "stop"}
        ],
        "usage": _chat_usage(prompt, reply),
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }


def chat_stream(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[bytes]:
    """A chat completion as events, ending with `[DONE]`."""
    for choices, usage in _chat_chunks(prompt, reply, behaviour):
        chunk: dict[str, Any] = {
            "id": identifier("chatcmpl-", prompt),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": prompt.model,
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
        }
        if prompt.include_usage:
            chunk["usage"] = usage
        yield sse(chunk, behaviour)
    yield sse("[DONE]", behaviour)


def _chat_chunks(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[tuple[list[Any], Any]]:
    def choice(delta: dict[str, Any], finish: str | None = None) -> list[Any]:
        return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]

    yield choice({"role": "assistant", "content": None if reply.calls else "", "refusal": None}), None
    for piece in pieces(reply.text, behaviour.piece_sizes):
        yield choice({"content": piece}), None
    for index, call in enumerate(reply.calls):
        function = _function(call, behaviour)
        head = {"name": function["name"], "arguments": ""}
        start = {"index": index, "id": _call_id(index, prompt), "type": "function", "function": head}
        yield choice({"tool_calls": [start]}), None
        for piece in pieces(function["arguments"], behaviour.piece_sizes):
            yield choice({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}), None
    yield choice({}, "tool_calls" if reply.calls else "stop"), None
    if prompt.include_usage:
        yield [], _chat_usage(prompt, reply)


def _function(call: Call, behaviour: Behaviour) -> dict[str, str]:
    return {"name": call.name, "arguments": dumps(call.arguments, behaviour)}


def _call_id(index: int, prompt: Prompt) -> str:
    return identifier(f"call_{index}", prompt, 23)


def _chat_usage(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt.input_tokens,
        "completion_tokens": reply.tokens,
        "total_tokens": prompt.input_tokens + reply.tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


# Responses


def responses_prompt(body: Mapping[str, Any]) -> Prompt:
    """What a responses request asks."""
    given = body.get("input", "")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    last: Mapping[str, Any] = next(
        (item for item in reversed(items) if item.get("role") == "user" or item.get("type") == "function_call_output"),
        {},
    )
    choice = body.get("tool_choice")
    forced = "*" if choice == "required" else choice.get("name") if isinstance(choice, dict) else None
    tools = [tool for tool in body.get("tools") or [] if tool.get("type") == "function"]
    from_tool = last.get("type") == "function_call_output"
    return Prompt(
        text=text_of(last.get("output" if from_tool else "content")),
        model=body["model"],
        stream=bool(body.get("stream")),
        from_tool=from_tool,
        tools=tuple(Tool(tool["name"], tool.get("parameters") or {}) for tool in tools),
        forced_tool=forced,
        input_tokens=len(json.dumps(given)) // 4,
    )


def response(prompt: Prompt, reply: Reply, behaviour: Behaviour, *, status: str = "completed") -> dict[str, Any]:
    """A response object, finished or still `in_progress`."""
    done = status == "completed"
    usage = {
        "input_tokens": prompt.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": reply.tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt.input_tokens + reply.tokens,
    }
    return {
        "id": identifier("resp_", prompt, 50),
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "completed_at": CREATED + 1 if done else None,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": prompt.model,
        "output": [_item(index, prompt, reply, behaviour) for index in range(_item_count(reply))] if done else [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "auto",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage if done else None,
        "metadata": {},
    }


def responses_stream(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[bytes]:
    """A response as typed events with sequence numbers."""
    for number, event in enumerate(_response_events(prompt, reply, behaviour)):
        yield sse({**event, "sequence_number": number}, behaviour, event=event["type"])


def _response_events(prompt: Prompt, reply: Reply, behaviour: Behaviour) -> Iterator[dict[str, Any]]:
    started = response(prompt, reply, behaviour, status="in_progress")
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    for index in range(_item_count(reply)):
        item = _item(index, prompt, reply, behaviour)
        where = {"item_id": item["id"], "output_index": index}
        if item["type"] == "message":
            empty: dict[str, Any] = {**item, "status": "in_progress", "content": []}
            yield {"type": "response.output_item.added", "item": empty, "output_index": index}
            part = item["content"][0]
            where["content_index"] = 0
            yield {"type": "response.content_part.added", **where, "part": {**part, "text": ""}}
            for piece in pieces(reply.text, behaviour.piece_sizes):
                yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
            yield {"type": "response.output_text.done", **where, "text": reply.text, "logprobs": []}
            yield {"type": "response.content_part.done", **where, "part": part}
        else:
            empty = {**item, "status": "in_progress", "arguments": ""}
            yield {"type": "response.output_item.added", "item": empty, "output_index": index}
            for piece in pieces(item["arguments"], behaviour.piece_sizes):
                yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
            yield {
                "type": "response.function_call_arguments.done",
                **where,
                "arguments": item["arguments"],
                "name": item["name"],
            }
        yield {"type": "response.output_item.done", "item": item, "output_index": index}
    yield {"type": "response.completed", "response": response(prompt, reply, behaviour)}


def _item_count(reply: Reply) -> int:
    return len(reply.calls) + (1 if reply.text or not reply.calls else 0)


def _item(index: int, prompt: Prompt, reply: Reply, behaviour: Behaviour) -> dict[str, Any]:
    """Item `index` of the output: the message first, if there is one, then the calls."""
    if index == 0 and (reply.text or not reply.calls):
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": reply.text}
        return {
            "id": identifier("msg_", prompt, 50),
            "type": "message",
            "status": "completed",
            "content": [part],
            "role": "assistant",
        }
    number = index - (_item_count(reply) - len(reply.calls))
    function = _function(reply.calls[number], behaviour)
    return {
        "id": identifier(f"fc_{number}", prompt, 49),
        "type": "function_call",
        "status": "completed",
        "arguments": function["arguments"],
        "call_id": _call_id(number, prompt),
        "name": function["name"],
    }


# Embeddings, models, errors


def embeddings(body: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """Vectors that depend on the text alone, as floats or in base64."""
    given = body["input"]
    texts = [given] if isinstance(given, str) else given
    size = int(body.get("dimensions") or behaviour.dimensions)
    data = []
    for index, text in enumerate(texts):
        vector = vector_of(text if isinstance(text, str) else json.dumps(text), size)
        packed = base64.b64encode(struct.pack(f"<{size}f", *vector)).decode()
        wanted = packed if body.get("encoding_format") == "base64" else vector
        data.append({"object": "embedding", "index": index, "embedding": wanted})
    tokens = len(json.dumps(given)) // 4
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def vector_of(text: str, size: int) -> list[float]:
    """A vector between -1 and 1 from a hash of the text."""
    digest = hashlib.shake_256(text.encode()).digest(2 * size)
    return [value / 32768 for (value,) in struct.iter_unpack("<h", digest)]


def models() -> dict[str, Any]:
    """The list of models."""
    names = ("gpt-4o-mini", "gpt-5.4", "text-embedding-3-small")
    data = [{"id": name, "object": "model", "created": CREATED, "owned_by": "system"} for name in names]
    return {"object": "list", "data": data}


def error(status: int, message: str) -> dict[str, Any]:
    """The error body for a status."""
    kind, code = {
        401: ("invalid_request_error", "invalid_api_key"),
        404: ("invalid_request_error", "unknown_url"),
        429: ("requests", "rate_limit_exceeded"),
    }.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
