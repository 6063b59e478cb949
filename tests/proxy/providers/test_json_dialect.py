"""What the JSON dialects share: nothing is overlooked, nothing else changes. Each vendor's format has its own file."""

import json

import pytest

from proxy.errors import BodyError, LimitError
from proxy.providers.json_dialect import JsonDialect
from proxy.providers.registry import dialects

ALL = [dialect for dialect in dialects() if isinstance(dialect, JsonDialect)]
each = pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.name)


@each
def test_unknown_fields_are_read(dialect: JsonDialect) -> None:
    body = json.dumps({"brand_new": [{"block": {"anything": "Anna"}}], "Anna Schmidt": 1}).encode()
    texts = {segment.text for segment in dialect.extract(body).segments}
    assert {"Anna", "Anna Schmidt"} <= texts


@each
def test_an_edit_changes_one_literal(dialect: JsonDialect) -> None:
    body = b'{ "x" : "Anna" ,"y": [1.50, "Anna"]}'
    first = next(s for s in dialect.extract(body).segments if s.text == "Anna")
    assert dialect.rebuild(body, {first.pointer: "T"}) == b'{ "x" : "T" ,"y": [1.50, "Anna"]}'
    assert dialect.rebuild(body, {}) is body


@each
@pytest.mark.parametrize(
    ("body", "error"),
    [(b"{", BodyError), (b"\xff", BodyError), (b"NaN", BodyError), (b"[" * 999 + b"]" * 999, LimitError)],
)
def test_what_is_no_json_is_refused(dialect: JsonDialect, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        dialect.extract(body)


@each
def test_an_empty_body_says_nothing(dialect: JsonDialect) -> None:
    assert dialect.extract(b"").segments == ()
