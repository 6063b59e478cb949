"""What users of other redacting proxies ran into, each failure as a test: here, or where `COVERED` says.

The failures are named by what went wrong for people: placeholders that stay in the reply, names that leak through a
tool's result, a prompt cache that never hits again.
"""

import ast
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.model import Behaviour
from tests.fakes.privet import Running, running
from tests.fakes.vendor import Vendor
from tests.fakes.ways import NAME, PATH

pytestmark = pytest.mark.e2e

TESTS = Path(__file__).parents[1]
OPENAI = f"https://api.openai.com{PATH}"
RESPONSES = "https://api.openai.com/v1/responses"
ANTHROPIC = "https://api.anthropic.com/v1/messages"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash"

# What went wrong elsewhere → the test that shows that it doesn't here.
COVERED: Mapping[str, str] = {
    # streams
    "placeholders reach the user in streamed replies": "e2e/test_sdks.py::test_openai_chat",
    "an Anthropic stream is never restored": "e2e/test_sdks.py::test_anthropic",
    "a placeholder cut in two by chunks stays": "e2e/test_wire.py::test_a_reply_without_tokens_stays_the_same_wherever_it_is_cut",
    "a stream arrives as one piece at the end": "e2e/test_peers.py::test_a_stream_stays_a_stream",
    "a reply without anything to restore is changed": "e2e/test_wire.py::test_whole_exchanges_through_the_proxy",
    "a failing transformer loses bytes in silence": "e2e/test_matrix.py::test_cell",
    # tools and JSON
    "tool arguments keep placeholders, and agents run them": "e2e/test_sdks.py::test_openai_tool_arguments_are_restored",
    "arguments in the history, tool results, unknown blocks and tool descriptions leak": "e2e/test_peers.py::test_no_block_is_overlooked",
    "escaped quotes in JSON in JSON break": "e2e/test_peers.py::test_quotes_in_tool_arguments_stay_valid",
    "PUT and PATCH pass unseen": "e2e/test_attacks.py::test_attack",
    "invalid JSON after redaction is sent on": "proxy/providers/test_json_spans.py::test_a_text_put_at_a_pointer_is_read_back_and_nothing_else_changes",
    # placeholders
    "two people get each other's names back": "e2e/test_peers.py::test_two_people_are_never_mixed_up",
    "the same person has another placeholder in each message": "e2e/test_peers.py::test_a_conversation_keeps_its_prefix",
    "a quoted old placeholder can't be restored": "e2e/test_vault.py::test_a_quoted_token_stays_and_is_turned_back",
    "a value wrapped like a placeholder is not masked": "e2e/test_peers.py::test_what_looks_like_a_token_is_no_hiding_place",
    "one placeholder is found inside a longer one": "proxy/transforms/test_token.py",
    "another user gets a value back": "e2e/test_vault.py::test_another_person_gets_nothing_back",
    # prompt caches, signatures, bytes
    "re-serialised thinking breaks its signature": "e2e/test_peers.py::test_signed_thinking_and_cache_marks_stay",
    "an untouched request is not byte for byte the same": "e2e/test_sdks.py::test_a_clean_request_arrives_byte_for_byte",
    # failing open
    "a detector that is down lets raw text through": "e2e/test_matrix.py::test_cell",
    "guardrails never ran on Gemini, embeddings or batches": "e2e/test_wire.py::test_a_value_planted_in_any_string_never_leaves",
    "a block becomes a redaction on some routes": "e2e/test_peers.py::test_a_block_is_a_block_everywhere",
    "nobody can see that anything was masked": "e2e/test_peers.py::test_each_decision_can_be_seen",
    # detection
    "overlapping findings corrupt the text": "detectors/test_merge.py::test_laws",
    "new message shapes are rejected": "proxy/providers/test_json_dialect.py::test_unknown_fields_are_read",
    "a company's name is never found": "detectors/test_scan.py::test_everything_in_one_text",
    # code
    "a mask is written into source files": "e2e/test_agents.py::test_it_writes_a_file",
    # latency and memory
    "the whole history is scanned again each turn": "proxy/test_inspector.py",
    "concurrent calls crash the local model": "proxy/test_workers.py",
    # logs
    "logs hold prompts and keys": "e2e/test_sdks.py::test_the_log_of_all_this_verifies_and_holds_no_content",
    "exceptions quote what was being read": "e2e/test_matrix.py::test_cell",
    # files
    "a scanned PDF or an image goes as it is": "e2e/test_files.py::test_what_may_not_leave_is_refused_and_the_vendor_gets_nothing",
    # identity and the log
    "rules don't know who asks": "proxy/test_identity.py",
    "whoever runs it can write the log anew": "audit/test_verify.py",
}  # fmt: skip


@pytest.fixture(scope="module")
def vendor_server() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(vendor_server: Vendor) -> Iterator[Vendor]:
    vendor_server.reset()
    yield vendor_server
    vendor_server.behaviour = Behaviour()


@pytest.fixture
async def privet(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Running]:
    async with running(tmp_path, vendor) as privet:
        yield privet


@pytest.mark.parametrize("failure", COVERED)
def test_each_failure_has_its_test(failure: str) -> None:
    file, _, name = COVERED[failure].partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in functions if name else any(found.startswith("test_") for found in functions)


def chat(*messages: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 99, "messages": [*messages], **more}


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


async def test_a_stream_stays_a_stream(privet: Running, vendor: Vendor) -> None:
    """The first words are here while the vendor still writes, and what is restored is in them."""
    vendor.behaviour = Behaviour(text=lambda prompt: prompt.text + " and so on" * 40, pace=0.02)
    got = ""
    async with privet.client() as client, client.stream("POST", OPENAI, json=chat(user(NAME), stream=True)) as reply:
        async for piece in reply.aiter_text():
            got += piece
            if "Schmidt" in got:
                break
        assert "[DONE]" not in got
    assert NAME in got


BLOCKS: dict[str, tuple[str, dict[str, Any]]] = {
    "arguments in the history": (OPENAI, chat(user("hi"), {"role": "assistant", "tool_calls": [{
        "id": "call_1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": NAME})}}]})),
    "a tool's result": (OPENAI, chat({"role": "tool", "tool_call_id": "call_1", "content": NAME})),
    "a tool's result in parts": (ANTHROPIC, chat(user([{
        "type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": NAME}]}]))),
    "a tool's input": (ANTHROPIC, chat({"role": "assistant", "content": [{
        "type": "tool_use", "id": "toolu_1", "name": "f", "input": {"to": NAME}}]})),
    "mcp_tool_use": (ANTHROPIC, chat({"role": "assistant", "content": [{
        "type": "mcp_tool_use", "id": "mcptoolu_1", "name": "f", "server_name": "s", "input": {"to": NAME}}]})),
    "server_tool_use": (ANTHROPIC, chat({"role": "assistant", "content": [{
        "type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": NAME}}]})),
    "code_execution_tool_result": (ANTHROPIC, chat(user([{"type": "code_execution_tool_result", "tool_use_id": "srvtoolu_1",
        "content": {"type": "code_execution_result", "stdout": NAME, "stderr": "", "return_code": 0}}]))),
    "a block that nobody knows yet": (ANTHROPIC, chat(user([{"type": "hologram", "deep": [{"er": NAME}]}]))),
    "a tool's description": (OPENAI, chat(user("hi"), tools=[{
        "type": "function", "function": {"name": "f", "description": NAME, "parameters": {}}}])),
    "a tool's default": (OPENAI, chat(user("hi"), tools=[{"type": "function", "function": {
        "name": "f", "parameters": {"type": "object", "properties": {"to": {"type": "string", "default": NAME}}}}}])),
    "a tool's enumeration": (ANTHROPIC, chat(user("hi"), tools=[{"name": "f", "input_schema": {
        "type": "object", "properties": {"to": {"type": "string", "enum": ["x", NAME]}}}}])),
    "the system prompt": (ANTHROPIC, chat(user("hi"), system=[{"type": "text", "text": NAME}])),
    "the instructions": (RESPONSES, {"model": "m", "instructions": NAME, "input": "hi"}),
    "a function call's output": (RESPONSES, {"model": "m", "input": [
        {"type": "function_call_output", "call_id": "call_1", "output": NAME}]}),
    "a person's name field": (OPENAI, chat({"role": "user", "name": NAME, "content": "hi"})),
    "metadata": (OPENAI, chat(user("hi"), metadata={"customer": NAME})),
    "a stop word": (OPENAI, chat(user("hi"), stop=[NAME])),
    "a prediction": (OPENAI, chat(user("hi"), prediction={"type": "content", "content": NAME})),
    "a function response": (f"{GEMINI}:generateContent", {"contents": [{"role": "user", "parts": [
        {"functionResponse": {"name": "f", "response": {"to": NAME}}}]}]}),
    "executable code": (f"{GEMINI}:generateContent", {"contents": [{"role": "model", "parts": [
        {"executableCode": {"language": "PYTHON", "code": f"send('{NAME}')"}}]}]}),
    "a text to embed": (f"{GEMINI}:embedContent", {"content": {"parts": [{"text": NAME}]}}),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
async def test_no_block_is_overlooked(privet: Running, vendor: Vendor, name: str) -> None:
    url, body = BLOCKS[name]
    async with privet.client() as client:
        await client.post(url, json=body)
    (request,) = vendor.requests
    assert not vendor.saw(NAME)
    assert "PERSON_" in request.text
    assert shape_of(request.json()) == shape_of(body)


def shape_of(value: Any) -> Any:
    """A body without its texts, which may have changed; a JSON in a string counts as JSON."""
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape_of(item) for item in value]
    if isinstance(value, str):
        return shape_of(json.loads(value)) if value.startswith("{") else "…"
    return value


async def test_quotes_in_tool_arguments_stay_valid(privet: Running, vendor: Vendor) -> None:
    said = f'He said "{NAME}\\n" to \\"her\\"'
    arguments = json.dumps({"note": said, "inner": json.dumps({"again": said})})
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    async with privet.client() as client:
        await client.post(OPENAI, json=chat(user("hi"), {"role": "assistant", "tool_calls": [call]}))
    sent = vendor.requests[0].json()["messages"][1]["tool_calls"][0]["function"]["arguments"]
    note = json.loads(sent)["note"]
    assert NAME not in sent
    assert json.loads(json.loads(sent)["inner"])["again"] == note
    assert note.startswith('He said "')
    assert note.endswith('\\n" to \\"her\\"')


async def test_two_people_are_never_mixed_up(privet: Running, vendor: Vendor) -> None:
    """Ten people in one request: ten tokens, and the reply in another order has each name in its place."""
    people = [
        f"{first} {last}" for first in ("Anna", "Berta") for last in ("Schmidt", "Meyer", "Huber", "Weber", "Koch")
    ]
    privet.inspector.known = dict.fromkeys(people, "PERSON")
    vendor.behaviour = Behaviour(text=lambda prompt: " | ".join(reversed(prompt.text.split(" | "))))
    async with privet.client() as client:
        reply = await client.post(OPENAI, json=chat(user(" | ".join(people))))
    sent = vendor.requests[0].json()["messages"][0]["content"].split(" | ")
    assert len(set(sent)) == len(people)
    assert reply.json()["choices"][0]["message"]["content"].split(" | ") == people[::-1]


async def test_a_conversation_keeps_its_prefix(privet: Running, vendor: Vendor) -> None:
    """What was sent before is sent again byte for byte, or the vendor's prompt cache never hits."""
    turns = [
        user(f"I am {NAME}."),
        {"role": "assistant", "content": f"Hello {NAME}!"},
        user("My mail is anna@example.com."),
    ]
    async with privet.client() as client:
        for count in (1, 3):
            await client.post(OPENAI, json=chat(*turns[:count]))
    first, second = (request.body for request in vendor.requests)
    prefix = first[: first.index(b"]")]
    assert b"PERSON_" in prefix
    assert second.startswith(prefix)


@pytest.mark.parametrize(
    "disguise", ["<PERSON_{}>", "[PERSON_{}]", "<<{}>>", "{{{{{}}}}}", "<PERSON_AAAAAAAAAAAAAAAA{}>", "`{}`"]
)
async def test_what_looks_like_a_token_is_no_hiding_place(privet: Running, vendor: Vendor, disguise: str) -> None:
    async with privet.client() as client:
        await client.post(OPENAI, json=chat(user(disguise.format(NAME))))
    assert not vendor.saw(NAME)


async def test_signed_thinking_and_cache_marks_stay(privet: Running, vendor: Vendor) -> None:
    """With a name to redact elsewhere in the same body: signature, cache marks and every other byte stay."""
    signed = {
        "type": "thinking",
        "thinking": "So 2 + 2 is\\u2009four…",
        "signature": "EqQBCkgIARABGAIiQ" + "a8Bc" * 40 + "==",
    }
    body = chat(
        user([{"type": "text", "text": "2+2?", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]),
        {"role": "assistant", "content": [signed, {"type": "text", "text": "4"}]},
        user(f"Tell {NAME}."),
    )
    raw = json.dumps(body, indent=1, ensure_ascii=False).encode()
    async with privet.client() as client:
        await client.post(ANTHROPIC, content=raw, headers={"content-type": "application/json"})
    sent = vendor.requests[0].body
    at = raw.index(NAME.encode())
    assert sent[:at] == raw[:at]
    assert sent.endswith(raw[at + len(NAME) :])


@pytest.mark.parametrize("url", [OPENAI, RESPONSES, ANTHROPIC, f"{GEMINI}:generateContent", f"{GEMINI}:embedContent",
                                 "https://api.openai.com/v1/embeddings", "https://api.openai.com/v1/batches"])  # fmt: skip
async def test_a_block_is_a_block_everywhere(privet: Running, vendor: Vendor, url: str) -> None:
    async with privet.client() as client:
        reply = await client.post(url, json={"model": "m", "anything": ["hunter2-secret"]})
    assert reply.status_code == 403
    assert "hunter2" not in reply.text
    assert vendor.http_bytes == 0


async def test_each_decision_can_be_seen(privet: Running, vendor: Vendor) -> None:
    """The reply's header leads to the entry that says how much was masked."""
    async with privet.client() as client:
        reply = await client.post(OPENAI, json=chat(user(f"{NAME}, {NAME} and anna@example.com")))
    event = next(e for e in privet.store.intents if e.decision_id == reply.headers["x-privet-decision"])
    assert {(count.type, count.count) for count in event.entities} == {("PERSON", 2), ("EMAIL_ADDRESS", 1)}
    assert event.obligations == {"tokenize": 3}
