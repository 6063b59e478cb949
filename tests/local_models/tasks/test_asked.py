import json
from enum import StrEnum
from typing import Literal

import pytest
from pydantic import BaseModel

from local_models.tasks.asked import asked_fields, asks_for, shaped
from local_models.tasks.task import load_tasks

TASKS = load_tasks()
MAIL, INVOICE = TASKS["email_categorisation"].fields, TASKS["invoice_dates"].fields
WORDS = ("delivery", "billing", "refund", "technical", "account", "cancellation", "question")
Category = StrEnum("Category", {word: word for word in WORDS})


class ByReference(BaseModel):
    category: Category


class Inline(BaseModel):
    category: Literal["question", "delivery", "billing", "refund", "technical", "account", "cancellation"]


class Optional(BaseModel):
    category: Literal["delivery", "billing"] | None = None


class Dates(BaseModel):
    total: float
    date: str


class Nested(BaseModel):
    inner: Dates


def schema(model):
    return json.dumps(model if isinstance(model, dict) else model.model_json_schema())


@pytest.mark.parametrize(
    ("wanted", "fields", "asks"),
    [
        (ByReference, MAIL, True),
        (Inline, MAIL, True),
        (TASKS["email_categorisation"].schema, MAIL, True),
        (Optional, MAIL, False),
        (Dates, INVOICE, True),
        (Dates, MAIL, False),
        (Nested, INVOICE, False),
        ({"type": "object"}, MAIL, False),
        ({"type": "object", "properties": {"category": {"type": "string"}}}, MAIL, False),
        ({"type": "object", "properties": {"date": {"type": "string", "pattern": "x"}, "total": {"type": "number"}}}, INVOICE, False),
        ({"type": "object", "properties": {"date": {"type": "string"}, "total": {"type": "integer"}}}, INVOICE, False),
        ({"type": "array"}, MAIL, False),
        ({"anyOf": [{"type": "object"}], "properties": {}}, MAIL, False),
    ],
)  # fmt: skip
def test_whether_a_callers_schema_asks_for_a_task(wanted, fields, asks):
    assert asks_for(fields, schema(wanted)) is asks


@pytest.mark.parametrize("odd", ["", "{", "[]", "3", '{"properties": 3}', '{"properties": {"a": {"$ref": "#/$defs/x"}}}',
                                 '{"$defs": {"x": {"$ref": "#/$defs/x"}}, "properties": {"a": {"$ref": "#/$defs/x"}}}', "[" * 100_000])  # fmt: skip
def test_odd_schemas_ask_for_nothing_that_is_known(odd):
    assert asked_fields(odd) is None
    assert not asks_for(MAIL, odd)


@pytest.mark.parametrize(
    ("output", "wanted", "form"),
    [
        ({"category": "billing"}, None, {"category": "billing"}),
        ({"category": "billing"}, {"type": "object"}, {"category": "billing"}),
        ({"category": "billing"}, ByReference, {"category": "billing"}),
        ({"category": "billing"}, Optional, {"category": "billing"}),
        ({"category": "refund"}, Optional, None),
        ({"category": "billing"}, Nested, None),
        ({"date": "2026-03-31", "total": 2.5}, {"type": "object", "properties": {"date": {"type": "string"}}}, {"date": "2026-03-31"}),
        ({"date": "2026-03-31", "total": 2.5}, {"type": "object", "properties": {"total": {"type": "string"}}}, None),
        ({"date": "2026-03-31"}, Dates, None),
    ],
)  # fmt: skip
def test_the_output_in_the_callers_form(output, wanted, form):
    assert shaped(output, None if wanted is None else schema(wanted)) == form


@pytest.mark.parametrize(
    "wrong",
    [
        {"properties": {"a": {"type": "string", "format": ["date"]}}},
        {"properties": {"a": {"type": "string", "format": {}}}},
        {"properties": {"a": {"type": "string"}}, "required": [{}]},
        {"properties": {"a": {"type": "string"}}, "required": [["a"]]},
        {"properties": {"a": {"type": ["string", {}]}}},
        {"properties": {"a": {"type": "string", "enum": [{}, []]}}},
        {"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"$ref": "#/$defs/x"}}},
        {"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": [1]},
    ],
)
def test_a_schema_of_whatever_form_is_no_error(wrong: dict[str, object]) -> None:
    """An error here would be one of the whole inspection: the policy's when_error would speak instead of its rules."""
    written = json.dumps({"type": "object", **wrong})
    assert asked_fields(written) is None
    assert not asks_for(MAIL, written)
    assert shaped({"category": "billing"}, written) is None
