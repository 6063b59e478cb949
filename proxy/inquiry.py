"""What a policy is asked about a request: the facts that stand in its head and its body beside what was found in it.

What costs time (the tools in a body) is looked for only if the policy asks for it.
"""

import json
import re
from codecs import BOM_UTF8 as BOM
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from policy.decision import EntityFact, Inquiry, sameness
from proxy.identity import Principal
from proxy.message import Request
from proxy.recognise import TASK_HEADER

if TYPE_CHECKING:
    from proxy.pipeline import Inspection

_STREAM_NAME = b'"stream"'  # found many times faster than the expression, and in few bodies
_STREAM = re.compile(rb'(?<!\\)"stream"\s*:\s*true')
_STREAMING_PATH = re.compile(r"streamgenerate|-stream(?:/|$)|-with-response-stream(?:/|$)", re.IGNORECASE)
_OFFERED = frozenset({"tools", "functions", "functionDeclarations", "function_declarations"})
_NAMED = frozenset({"custom", "function", "functionCall", "function_call", "toolSpec", "toolUse", "tool_use"})
_CALLS = frozenset({"function_call", "custom_tool_call", "mcp_call", "tool_use", "server_tool_use", "mcp_tool_use"})


def ask(
    request: Request,
    principal: Principal,
    inspection: "Inspection",
    *,
    dialect: str,
    provider: str,
    region: str,
    model: str,
    tools: tuple[str, ...],
    at: datetime,
) -> Inquiry:
    """The inquiry about a request."""
    found = inspection.findings
    segments = {one.pointer: one for one in inspection.extraction.segments if one.pointer in found}
    declared = request.headers.get(TASK_HEADER, "").strip()
    tasks = [*([declared] if declared else []), *(one.task for one in inspection.tasks if one.counts)]
    return Inquiry(
        department=principal.department,
        user=principal.user,
        entities=tuple(
            EntityFact(
                finding.entity_type,
                finding.score,
                segments[pointer].role.value,
                sameness(segments[pointer].text[finding.start : finding.end]),
            )
            for pointer, findings in found.items()
            for finding in findings
        ),
        labels=inspection.labels,
        languages=tuple(inspection.languages),
        tasks=tuple(dict.fromkeys(tasks)),
        skipped=inspection.skipped,
        error=inspection.error,
        provider=provider,
        host=request.host,
        endpoint=request.endpoint,
        model=model,
        dialect=dialect,
        client=request.headers.get("user-agent", ""),
        region=region,
        tools=tools,
        streaming=wants_stream(request),
        bytes=len(request.body),
        at=at,
    )


def wants_stream(request: Request) -> bool:
    """Whether the reply is to be streamed: the path says so, or the body."""
    if _STREAM_NAME in request.body and _STREAM.search(request.body):
        return True
    return _STREAMING_PATH.search(request.endpoint) is not None


def tool_names(body: bytes) -> tuple[str, ...]:
    """The tools that a JSON body offers or that were called in its conversation, in any vendor's format.

    Those that a vendor brings along have no name of their own: their kind is it (`web_search`, `googleSearch`).
    JSON lines (batches) are read one by one. What isn't JSON offers no tools.
    """
    if not body.removeprefix(BOM).lstrip().startswith((b"{", b"[")):
        return ()
    return tuple(dict.fromkeys(name for document in _documents(body) for name in _walk(document) if name))


def _documents(body: bytes) -> Iterator[Any]:
    for text in (body, *body.splitlines()):
        try:
            yield json.loads(text.removeprefix(BOM), object_pairs_hook=_object)
        except (ValueError, RecursionError):
            continue
        if text is body:
            return


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """An object; if it says something twice, as those read it who take the last, and as those who take the first."""
    last = dict(pairs)
    return last if len(last) == len(pairs) else [last, dict(reversed(pairs))]


def _walk(data: Any) -> Iterator[str]:
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        if not isinstance(value, dict):
            continue
        yield from _called(value)
        for key, below in value.items():
            if key in _OFFERED:
                items = (one for item in _several(below) for one in _several(item) if isinstance(one, dict))
                yield from (name for item in items for name in _offered(item))
            elif key in _NAMED or key == "mcp_servers":
                yield from (_text(one.get("name")) for one in _several(below) if isinstance(one, dict))
            waiting.append(below)


def _offered(item: dict[str, Any]) -> Iterator[str]:
    """One entry of a list of tools. Entries that hold a definition further down are found on the way there."""
    if name := _text(item.get("name")):
        yield name
    yield _text(item.get("server_label"))
    kind = _text(item.get("type"))
    if kind and kind not in {"function", "custom"}:
        yield kind
    if not kind and not name:
        yield from (key for key, value in item.items() if isinstance(value, dict) and key not in _NAMED)


def _called(item: dict[str, Any]) -> Iterator[str]:
    kind = _text(item.get("type"))
    if kind in _CALLS:
        yield _text(item.get("name"))
    elif kind.endswith("_call"):
        yield kind.removesuffix("_call")


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
