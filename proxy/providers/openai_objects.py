"""OpenAI's stored objects: assistants, threads, runs, vector stores, files, uploads, batches, fine-tuning, containers.

Ids of what the vendor already has are exempt here: naming a file again sends nothing of it. What is uploaded is read
when it is uploaded (`multipart`).
Reference: https://platform.openai.com/docs/api-reference/assistants, …/threads, …/vector-stores, …/batch
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import SkipReason
from proxy.message import Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.dialect import Delta, EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import JsonDialect, items, mapping, refused, role_named, string
from proxy.providers.openai_chat import openai_error

_PATH = re.compile(
    r"/(?:v1|openai)/(?:assistants|threads|vector_stores|files|uploads|batches|batch|fine_tuning|containers|evals)"
    r"(?:/[^/]+)*$"
)
_OTHERS = ("anthropic-version", "x-goog-api-key")  # headers of vendors that have files and batches under the same paths
# Messages stand at the top, in a list of additional ones, and in the thread that is made with a run.
_MESSAGES = ("", "/messages/*", "/additional_messages/*", "/thread/messages/*")
_OPAQUE = (look.anything, SkipReason.OPAQUE)


def _message(base: str) -> dict[str, look.Check]:
    return {
        f"{base}/role": look.word,
        f"{base}/content/*/type": look.word,
        f"{base}/content/*/image_url/detail": look.word,
        f"{base}/content/*/image_file/detail": look.word,
        f"{base}/attachments/*/file_id": look.identifier,
        f"{base}/attachments/*/tools/*/type": look.word,
    }


def _resources(base: str) -> dict[str, look.Check]:
    return {
        f"{base}tool_resources/code_interpreter/file_ids/*": look.identifier,
        f"{base}tool_resources/file_search/vector_store_ids/*": look.identifier,
    }


@dataclass(frozen=True, slots=True)
class OpenAIObjects(JsonDialect):
    """What is stored at the vendor and worked on there."""

    name: ClassVar[str] = "openai-objects"
    provider: ClassVar[str] = "openai"
    exemptions: ClassVar[Exemptions] = Exemptions(
        exact={
            "/model": look.model,
            "/assistant_id": look.identifier,
            "/file_id": look.identifier,
            "/file_ids/*": look.identifier,
            "/files/*/file_id": look.identifier,
            "/part_ids/*": look.identifier,
            "/input_file_id": look.identifier,
            "/training_file": look.identifier,
            "/validation_file": look.identifier,
            "/completion_window": look.duration,
            "/purpose": look.word,
            "/mime_type": look.media_type,
            "/reasoning_effort": look.word,
            "/truncation_strategy/type": look.word,
            "/response_format/type": look.word,
            "/response_format/json_schema/name": look.name,
            "/tools/*/type": look.word,
            "/tools/*/function/name": look.name,
            "/tool_choice": look.word,
            "/tool_choice/type": look.word,
            "/tool_choice/function/name": look.name,
            "/tool_outputs/*/tool_call_id": look.identifier,
            "/expires_after/anchor": look.word,
            "/chunking_strategy/type": look.word,
            "/method/type": look.word,
            **_resources("/"),
            **_resources("/thread/"),
            **{place: check for base in _MESSAGES for place, check in _message(base).items()},
        },
        schemas=("/tools/*/function/parameters", "/response_format/json_schema/schema"),
        opaque={
            place: _OPAQUE
            for base in _MESSAGES
            for place in (f"{base}/content/*/image_url/url", f"{base}/content/*/image_file/file_id")
        },
    )

    @override
    def matches(self, request: Request) -> bool:
        found = _PATH.search(request.endpoint.rstrip("/"))
        return found is not None and not any(name in request.headers for name in _OTHERS)

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        body = mapping(data)
        roles = {
            "/instructions": Role.SYSTEM,
            "/additional_instructions": Role.SYSTEM,
            "/content": role_named(body.get("role")),
            "/tool_outputs": Role.TOOL,
            "/query": Role.USER,
        }
        places = (
            ("/messages", body.get("messages")),
            ("/additional_messages", body.get("additional_messages")),
            ("/thread/messages", mapping(body.get("thread")).get("messages")),
        )
        for base, messages in places:
            for index, message in enumerate(items(messages)):
                roles[f"{base}/{index}"] = role_named(mapping(message).get("role"))
        return roles

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, openai_error(refusal))

    @override
    def shape(self, event: object) -> EventShape:
        return thread_shape(event)


def thread_shape(event: object) -> EventShape:
    """Where the text of an event of a run stands."""
    data = mapping(event)
    place, kind = f"object/{data.get('id')}", string(data.get("object"))
    delta = mapping(data.get("delta"))
    match kind:
        case "thread.message.delta":
            deltas = [
                Delta(f"{place}/text/{mapping(part).get('index', position)}", f"/delta/content/{position}/text/value")
                for position, part in enumerate(items(delta.get("content")))
                if isinstance(mapping(mapping(part).get("text")).get("value"), str)
            ]
            return EventShape(deltas=tuple(deltas))
        case "thread.run.step.delta":
            calls = items(mapping(delta.get("step_details")).get("tool_calls"))
            return EventShape(deltas=tuple(delta for n, call in enumerate(calls) for delta in _call(place, n, call)))
        case "thread.message" | "thread.run.step":
            return EventShape(closes=(place,) if data.get("status") != "in_progress" else ())
        case "thread.run":
            return EventShape(closes=("*",) if data.get("status") not in {"queued", "in_progress"} else ())
        case _:
            return EventShape()


def _call(place: str, position: int, call: Any) -> list[Delta]:
    data = mapping(call)
    channel, at = f"{place}/call/{data.get('index', position)}", f"/delta/step_details/tool_calls/{position}"
    deltas: list[Delta] = []
    if isinstance(mapping(data.get("function")).get("arguments"), str):
        deltas.append(Delta(f"{channel}/arguments", f"{at}/function/arguments", is_json=True))
    if isinstance(mapping(data.get("code_interpreter")).get("input"), str):
        deltas.append(Delta(f"{channel}/input", f"{at}/code_interpreter/input"))
    return deltas
