"""Canaries: before Privet serves, a known value is sent through every dialect, and must be found and taken out.

A broken model file, a dialect that overlooks a field, a redaction that doesn't reach the bytes: each is found here,
before a person's request meets it. The canaries are nobody's: a reserved domain and a test card number.
"""

import json
from dataclasses import dataclass
from typing import Any

from detectors.finding import Finding
from policy.decision import Action, Operator
from proxy.message import Request
from proxy.pipeline import Inspector
from proxy.providers.registry import dialect_for
from proxy.transforms.deidentify import deidentify

EMAIL = "canary.bird@example.com"
CARD = "4111 1111 1111 1111"
_TEXT = f"Please write to {EMAIL}, whose credit card is {CARD}."
_ARGUMENTS = json.dumps({"to": EMAIL, "note": _TEXT})


@dataclass(frozen=True, slots=True)
class Canary:
    """A request that carries the canaries."""

    path: str
    body: Any
    media_type: str = "application/json"

    @property
    def request(self) -> Request:
        """As a client would send it."""
        body = self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()
        headers = {"content-type": self.media_type}
        return Request(method="POST", host="canary.invalid", path=self.path, headers=headers, body=body)


CANARIES = (
    Canary(
        "/v1/chat/completions",
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": _TEXT},
                {"role": "user", "content": [{"type": "text", "text": _TEXT}]},
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "c", "type": "function", "function": {"name": "send", "arguments": _ARGUMENTS}}
                    ],
                },
                {"role": "tool", "tool_call_id": "c", "content": _TEXT},
            ],
            "tools": [{"type": "function", "function": {"name": "send", "description": _TEXT, "parameters": {}}}],
        },
    ),
    Canary(
        "/v1/responses",
        {
            "model": "m",
            "instructions": _TEXT,
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": _TEXT}]},
                {"type": "function_call", "call_id": "c", "name": "send", "arguments": _ARGUMENTS},
                {"type": "function_call_output", "call_id": "c", "output": _TEXT},
            ],
        },
    ),
    Canary("/v1/embeddings", {"model": "m", "input": [_TEXT]}),
    Canary(
        "/v1/messages",
        {
            "model": "m",
            "max_tokens": 9,
            "system": [{"type": "text", "text": _TEXT}],
            "messages": [
                {"role": "user", "content": _TEXT},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "c", "name": "send", "input": {"to": EMAIL, "note": _TEXT}}],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "c", "content": [{"type": "text", "text": _TEXT}]}
                    ],
                },
            ],
        },
    ),
    Canary(
        "/v1beta/models/m:generateContent",
        {
            "systemInstruction": {"parts": [{"text": _TEXT}]},
            "contents": [
                {"role": "user", "parts": [{"text": _TEXT}]},
                {"role": "model", "parts": [{"functionCall": {"name": "send", "args": {"to": EMAIL}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "send", "response": {"note": _TEXT}}}]},
            ],
        },
    ),
    Canary("/v1/completions", {"model": "m", "prompt": _TEXT}),
    Canary("/v1/moderations", {"model": "m", "input": [{"type": "text", "text": _TEXT}]}),
    Canary("/v1/threads/thread_1/messages", {"role": "user", "content": [{"type": "text", "text": _TEXT}]}),
    Canary(
        "/v1/messages/batches",
        {"requests": [{"custom_id": "c", "params": {"messages": [{"role": "user", "content": _TEXT}]}}]},
    ),
    Canary("/model/m/converse", {"messages": [{"role": "user", "content": [{"text": _TEXT}]}]}),
    Canary("/model/m/count-tokens", {"input": {"converse": {"system": [{"text": _TEXT}]}}}),
    Canary("/model/m/invoke", {"anthropic_version": "v", "messages": [{"role": "user", "content": _TEXT}]}),
    Canary("/v2/chat", {"model": "m", "messages": [{"role": "user", "content": _TEXT}]}),
    Canary("/api/chat", {"model": "m", "messages": [{"role": "user", "content": _TEXT}]}),
    Canary("/api/generate", {"model": "m", "prompt": _TEXT}),
    Canary(
        "/v1/files",
        '--c\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        f'--c\r\nContent-Disposition: form-data; name="file"; filename="{EMAIL}.jsonl"\r\n\r\n'
        f"{json.dumps({'url': '/v1/chat/completions', 'body': {'messages': [{'role': 'user', 'content': _TEXT}]}})}\r\n"
        "--c--\r\n",
        "multipart/form-data; boundary=c",
    ),
    Canary(
        "/v1/realtime",
        {
            "type": "conversation.item.create",
            "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": _TEXT}]},
        },
    ),
    Canary(
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        {"clientContent": {"turns": [{"role": "user", "parts": [{"text": _TEXT}]}], "turnComplete": True}},
    ),
    Canary("/unheard/of", {"anything": [{"at": {"all": _TEXT}}]}),
    Canary("/unheard/of", _TEXT, "text/plain"),
    Canary("/unheard/of", f"note={_TEXT}".replace(" ", "+").replace("@", "%40"), "application/x-www-form-urlencoded"),
)


async def failures(inspector: Inspector) -> list[str]:
    """What let a canary through, one line each; empty when all were caught. Raises what a broken dialect raises."""
    failed: list[str] = []
    for canary in CANARIES:
        request = canary.request
        dialect = dialect_for(request)
        segments = dialect.extract(request.body).segments
        scans = await inspector.scan([(segment.text, segment.context) for segment in segments])
        findings: dict[str, tuple[Finding, ...]] = {
            segment.pointer: scan.findings for segment, scan in zip(segments, scans, strict=True)
        }
        types = {finding.entity_type for found in findings.values() for finding in found}
        actions = [Action(name, Operator.REDACT, 0.0, "canary") for name in sorted(types)]
        texts = deidentify(segments, findings, actions, key=b"canary", scope="canary").texts
        left = dialect.rebuild(request.body, texts)
        for name, value in (("e-mail", EMAIL), ("card", CARD)):
            if value.encode() in left or value.replace(" ", "+").replace("@", "%40").encode() in left:
                failed.append(f"dialect {dialect.name}, {canary.media_type}: the {name} canary got through")
    return failed
