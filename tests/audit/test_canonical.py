"""Laws: decode(encode(e)) == e, and the bytes are those of RFC 8785."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical, decode, decode_record, encode, encode_record, to_json
from audit.errors import EventError
from audit.event import (
    Actor,
    AuditEvent,
    DecisionFacts,
    EntityCount,
    Fingerprint,
    LabelFact,
    LanguageFact,
    OutcomeFacts,
    PointerFact,
    RequestFacts,
    SkippedPart,
)

TEXT = st.text(max_size=30)
COUNT = st.integers(0, 2**53 - 1)
SCORE = st.integers(0, 1000)
HMAC = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
MANY = {"max_size": 4}
WORDS = st.lists(TEXT, **MANY).map(tuple)

INTENTS = st.builds(
    AuditEvent.intent,
    decision_id=st.from_regex(r"[A-Z0-9]{1,26}", fullmatch=True),
    actor=st.builds(Actor, TEXT, TEXT, TEXT | st.ip_addresses().map(str)),
    request=st.builds(RequestFacts, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, COUNT, st.booleans()),
    decision=st.builds(DecisionFacts, TEXT, TEXT, WORDS, WORDS, TEXT, TEXT, TEXT),
    entities=st.lists(st.builds(EntityCount, TEXT, COUNT, SCORE), **MANY),
    pointers=st.lists(st.builds(PointerFact, TEXT, TEXT, TEXT, COUNT), **MANY),
    labels=st.lists(st.builds(LabelFact, TEXT, SCORE), **MANY),
    languages=st.lists(st.builds(LanguageFact, TEXT, TEXT, COUNT), **MANY),
    skipped=st.lists(st.builds(SkippedPart, TEXT, TEXT), **MANY),
    obligations=st.dictionaries(TEXT, COUNT, **MANY),
    fingerprints=st.lists(st.builds(Fingerprint, TEXT, HMAC), **MANY),
)
OUTCOMES = st.builds(
    AuditEvent.ended,
    decision_id=st.just("01K"),
    outcome=st.builds(OutcomeFacts, COUNT, COUNT, COUNT, COUNT, TEXT),
)
NOTICES = st.builds(AuditEvent.noticed, TEXT.filter(bool), st.dictionaries(TEXT, TEXT, **MANY))
EVENTS = INTENTS | OUTCOMES | NOTICES


@given(EVENTS)
def test_round_trip(event):
    assert decode(encode(event)) == event


@given(EVENTS)
def test_bytes_are_those_of_rfc_8785(event):
    assert encode(event) == rfc8785.dumps(to_json(event))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
    max_leaves=20,
)


@given(JSON)
def test_canonical_is_rfc_8785_without_floats(value):
    try:
        expected = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        with pytest.raises(EventError):
            canonical(value)
    else:
        assert canonical(value) == expected


@given(EVENTS, st.integers(1, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_record_round_trip(event, seq, prev):
    body = encode_record(encode(event), stream="01K9ZQ3V8M4T2R6Y5W7X1A0B3C", seq=seq, prev=prev)
    record = decode_record(body)
    assert (record.stream, record.seq, record.prev) == ("01K9ZQ3V8M4T2R6Y5W7X1A0B3C", seq, prev)
    assert rfc8785.dumps(json.loads(body)) == body


def test_unknown_fields_are_kept_on_read_and_refused_on_write(make_intent):
    data = to_json(make_intent())
    data["later"] = {"b": 1, "a": [2]}
    data["request"]["region"] = "eu"
    data["entities"][1]["grade"] = 3
    event = decode(canonical(data))
    assert event.unknown == {"later": '{"a":[2],"b":1}', "request.region": '"eu"', "entities.1.grade": "3"}
    with pytest.raises(EventError, match=r"entities\.1\.grade, later, request\.region"):
        encode(event)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"nonsense", b"[]", b"{}", b'{"kind":"intent"}', b"\xff", b'{"kind":"party","id":"x","time":"y"}',
        b'{"id":"01K9ZQ3V8M4T2R6Y5W7X1A0B3C","kind":"notice","notice":[],"time":"2026-11-24T03:22:05.123456Z"}',
        b'{"id":"01K9ZQ3V8M4T2R6Y5W7X1A0B3C","kind":"notice","notice":7,"time":"2026-11-24T03:22:05.123456Z"}',
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_not_an_event(data):
    with pytest.raises(EventError):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"{}", b"[" * 100_000, b'{"event":{},"prev":"zz","seq":1,"stream":"x","v":1}',
        b'{"event":{},"prev":"","seq":"1","stream":"x","v":1}', b'{"event":{},"prev":"","seq":true,"stream":"x","v":1}',
        b'{"event":[],"prev":"","seq":1,"stream":"x","v":1}', b'{"event":{},"prev":"","seq":1,"stream":"x"}',
        b'{"event":{},"prev":"","seq":1,"stream":7,"v":1}',
    ],
)  # fmt: skip
def test_not_a_record(data):
    with pytest.raises(EventError):
        decode_record(data)


def test_defaults_are_left_out():
    event = AuditEvent.ended(decision_id="01K", outcome=OutcomeFacts(200))
    assert set(to_json(event)) == {"decision_id", "id", "kind", "outcome", "time"}
    assert to_json(event)["outcome"] == {"status": 200}
