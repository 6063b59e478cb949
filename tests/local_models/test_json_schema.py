"""A JSON schema is bounded before a grammar is made of it."""

import json
from typing import Any

import pytest

from local_models.errors import GrammarError
from local_models.json_schema import bounded


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({"type": "object"}, {"type": "object"}),
        ({"type": "string", "maxLength": 500}, {"type": "string", "maxLength": 500}),
        ({"type": "string", "maxLength": 10**9}, {"type": "string"}),
        ({"items": {"maxItems": 501, "minItems": 2}}, {"items": {"minItems": 2}}),
        ({"anyOf": [{"maxLength": 1e300}]}, {"anyOf": [{}]}),
        ({"properties": {"maxLength": {"type": "string"}}}, {"properties": {"maxLength": {"type": "string"}}}),
        ({"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}, {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        ({"maxItems": "many"}, {"maxItems": "many"}),
    ],
)
def test_upper_limits_of_many_are_left_out(schema: Any, kept: Any) -> None:
    assert json.loads(bounded(json.dumps(schema))) == kept


def nested(levels: int) -> str:
    return '{"items":' * levels + "{}" + "}" * levels


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ("secret words", "no JSON"),
        ("[" * 20_000, "no JSON"),
        ('["secret words"]', "no object"),
        ('{"minLength": 100000}', "more than 500 repetitions"),
        ('{"items": {"minItems": 501}}', "more than 500 repetitions"),
        ('{"pattern": "^a{100000}$"}', "repeats more than 500 times"),
        ('{"pattern": "^((a{30}){30}){30}$"}', "repeats more than 500 times"),
        ('{"pattern": "^a{1,99999999999999}$"}', "repeats more than 500 times"),
        (nested(60), "deeper than 40 levels"),
        (json.dumps({"description": "secret words" * 10_000}), "expected at most 50000"),
    ],
)
def test_what_no_grammar_can_hold_is_refused_without_being_quoted(schema: str, says: str) -> None:
    with pytest.raises(GrammarError, match=says) as caught:
        bounded(schema)
    assert "secret" not in str(caught.value)
