"""What holds for every dialect: golden bodies, recorded bodies, made-up bodies."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import BodyError, LimitError
from proxy.message import Refusal, Request
from proxy.providers.dialect import Dialect
from proxy.providers.generic import Generic
from proxy.providers.json_spans import flatten, scan
from proxy.providers.registry import dialect_for, dialects

GOLDEN = Path(__file__).parents[2] / "golden"
WIRE = Path(__file__).parents[3] / "../shared/data/wire"
ALL: list[Dialect] = [*dialects(), Generic()]
IDS = [dialect.name for dialect in ALL]
needs_wire = pytest.mark.skipif(not WIRE.exists(), reason="the recorded bodies are not here")


def recorded() -> list[tuple[str, Request]]:
    if not WIRE.exists():
        return []
    found = []
    for line in (WIRE / "index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["request"]:
            url = urlsplit(entry["uri"])
            body = (WIRE / entry["request"]).read_bytes()
            headers = {"content-type": "application/json"}
            found.append((entry["request"], Request("POST", url.hostname or "", url.path, headers, body)))
    return found


RECORDED = recorded()


@pytest.mark.parametrize("dialect", dialects(), ids=IDS[:-1])
def test_golden_extraction(dialect: Dialect) -> None:
    folder = GOLDEN / dialect.name
    extraction = dialect.extract((folder / "request.json").read_bytes())
    expected = json.loads((folder / "extraction.json").read_text())
    assert {s.pointer: s.role.value for s in extraction.segments} == expected["segments"]
    assert {s.pointer: s.reason.value for s in extraction.skipped} == expected["skipped"]
    assert {f.pointer: [f.role.value, f.media_type] for f in extraction.attachments} == expected["attachments"]


@pytest.mark.parametrize("dialect", ALL, ids=IDS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}',
        b'{"model": "first", "model": "last"}',
        b'{"messages": [{"model": "inner"}]}',
        b'{"model": 7}',
        b'["model"]',
        b'"model"',
        b"  ",
    ],
)
def test_the_model_that_is_come_past_is_the_one_that_is_asked_for(dialect: Dialect, body: bytes) -> None:
    extracted = dialect.extract(body).model
    asked = dialect.model(Request("POST", "api.example.com", "/v1/x", {"content-type": "application/json"}, body))
    assert extracted in (None, asked)


def test_the_model_of_a_chat_is_come_past() -> None:
    chat = next(dialect for dialect in dialects() if dialect.name == "openai-chat")
    assert chat.extract(b'{"model": "first", "model": "last"}').model == "last"
    assert chat.extract(b'{"messages": []}').model == ""


@pytest.mark.parametrize("dialect", dialects(), ids=IDS[:-1])
def test_golden_rebuild(dialect: Dialect) -> None:
    body = (GOLDEN / dialect.name / "request.json").read_bytes()
    assert dialect.rebuild(body, {}) is body
    extraction = dialect.extract(body)
    texts = {segment.pointer: f'<{number}>é"\\' for number, segment in enumerate(extraction.segments)}
    rebuilt = dialect.rebuild(body, texts)
    again = {item.pointer: item.text for item in flatten(scan(rebuilt).literals)}
    before = {item.pointer: item.text for item in flatten(scan(body).literals)}
    # Numbers and names that were replaced are strings now; everything else reads as before.
    assert {p: t for p, t in again.items() if p not in texts} == {p: t for p, t in before.items() if p not in texts}
    assert {p: again[p] for p in texts if not p.endswith("~key")} == {
        p: t for p, t in texts.items() if not p.endswith("~key")
    }


@pytest.mark.parametrize("dialect", ALL, ids=IDS)
@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a": NaN}', b"hello", b"{}{}"])
def test_a_body_that_is_not_json_is_an_error(dialect: Dialect, body: bytes) -> None:
    with pytest.raises(BodyError):
        dialect.extract(body)


@pytest.mark.parametrize("dialect", ALL, ids=IDS)
def test_a_body_that_is_nested_too_deep_is_an_error(dialect: Dialect) -> None:
    with pytest.raises(LimitError):
        dialect.extract(b"[" * 65 + b"]" * 65)


@pytest.mark.parametrize("dialect", ALL, ids=IDS)
def test_an_empty_body_has_no_segments(dialect: Dialect) -> None:
    assert dialect.extract(b"").segments == ()
    assert dialect.extract(b"").skipped == ()


json_values = st.recursive(
    st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "messages",
                    "content",
                    "role",
                    "type",
                    "input",
                    "model",
                    "parts",
                    "text",
                    "id",
                    "choices",
                    "delta",
                    "candidates",
                    "index",
                    "tool_calls",
                    "function",
                    "finish_reason",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("dialect", ALL, ids=IDS)
@settings(max_examples=60, deadline=None)
@given(data=json_values)
def test_whatever_the_json_nothing_breaks(dialect: Dialect, data: object) -> None:
    body = json.dumps(data).encode()
    extraction = dialect.extract(body)
    texts = {segment.pointer: f"{segment.text}!" for segment in extraction.segments}
    dialect.rebuild(body, texts)
    request = Request("POST", "api.openai.com", "/v1/x", {"content-type": "application/json"}, body)
    dialect.model(request)
    dialect.chat(request)
    dialect.shape(data)


@pytest.mark.parametrize("dialect", ALL, ids=IDS)
@pytest.mark.parametrize("status", [400, 403, 404, 413, 503])
def test_refusals(dialect: Dialect, status: int) -> None:
    refusal = Refusal("01J", "Not outside.", rules=("r",), entity_types=("PERSON",), status=status)
    response = dialect.refusal(refusal)
    body = json.loads(response.body)
    assert response.status == status
    assert response.headers["x-privet-decision"] == "01J"
    assert response.headers.get("x-should-retry") == ("false" if status < 500 else None)
    assert body["privet"] == {"decision_id": "01J", "rules": ["r"], "entity_types": ["PERSON"]}
    error = body.get("error", body)  # Cohere has the message outside, Ollama nothing but it
    message = error if isinstance(error, str) else error["message"]
    assert message == "Not outside. Rule: r. Found: PERSON. Decision 01J"


@needs_wire
@pytest.mark.parametrize(("name", "request_"), RECORDED, ids=[name for name, _ in RECORDED])
def test_recorded_bodies(name: str, request_: Request) -> None:
    dialect = dialect_for(request_)
    assert dialect.rebuild(request_.body, {}) is request_.body
    extraction = dialect.extract(request_.body)
    texts = {segment.pointer: f"{segment.text} é" for segment in extraction.segments}
    again = dialect.extract(dialect.rebuild(request_.body, texts))
    assert {s.pointer: s.text for s in again.segments} == {s.pointer: texts[s.pointer] for s in extraction.segments} | {
        s.pointer: s.text for s in again.segments if s.pointer not in texts
    }


@needs_wire
def test_prose_in_recorded_bodies_is_never_exempt() -> None:
    """A string with a space in it is prose, and no dialect may skip it in silence."""
    for _, request in RECORDED:
        extraction = dialect_for(request).extract(request.body)
        read = {item.pointer for item in (*extraction.segments, *extraction.skipped, *extraction.attachments)}
        prose = {i.pointer for i in flatten(scan(request.body).literals) if i.kind == "value" and " " in i.text.strip()}
        assert prose <= read
