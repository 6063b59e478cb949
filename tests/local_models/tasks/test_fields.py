import pytest

from local_models.tasks.fields import FieldsError, fields_of, misfits


def schema(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


FIELDS = fields_of(
    schema(
        kind={"type": "string", "enum": ["a", "b"]},
        day={"type": "string", "format": "date"},
        total={"type": "number"},
        note={"type": ["string", "null"]},
        count={"type": "integer"},
        paid={"type": "boolean"},
    )
)
GOOD = {"kind": "a", "day": "2026-03-31", "total": 12.5, "note": None, "count": 3, "paid": True}


def test_the_fields_of_a_schema():
    assert [(one.name, one.kind, one.nullable) for one in FIELDS] == [
        ("kind", "choice", False),
        ("day", "date", False),
        ("total", "number", False),
        ("note", "text", True),
        ("count", "integer", False),
        ("paid", "boolean", False),
    ]
    assert misfits(FIELDS, GOOD) == ()
    assert misfits(FIELDS, {**GOOD, "total": 10**400}) == ()  # more than a float can be


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "c"}, "kind: expected one of a, b"),
        ({"day": "31.03.2026"}, "day: expected a date"),
        ({"day": "2026-02-30"}, "day: expected a date"),
        ({"total": "12.5"}, "total: expected a number"),
        ({"total": True}, "total: expected a number"),
        ({"total": float("nan")}, "total: expected a number"),
        ({"note": 3}, "note: expected a text or null"),
        ({"count": 3.5}, "count: expected a whole number"),
        ({"count": True}, "count: expected a whole number"),
        ({"paid": 1}, "paid: expected true or false"),
        ({"kind": None}, "kind: expected one of a, b"),
        ({"other": 1}, "no field is called 'other'"),
    ],
)
def test_what_does_not_fit_is_named_without_its_value(change, said):
    (wrong,) = misfits(FIELDS, {**GOOD, **change})
    assert wrong.startswith(said)


def test_keys_that_are_no_texts_are_named():
    """YAML has such."""
    with pytest.raises(FieldsError, match="can't have 1"):
        fields_of({1: 2, **schema(a={"type": "string"})})
    with pytest.raises(FieldsError, match="can't have 1"):
        fields_of(schema(a={1: 2, "type": "string", "x": 3}))


def test_what_is_missing_and_what_is_no_object():
    assert misfits(FIELDS, {key: value for key, value in GOOD.items() if key != "day"}) == ("day is missing",)
    for odd in (None, "a", [GOOD], 3):
        assert misfits(FIELDS, odd) == ("expected an object",)


@pytest.mark.parametrize(
    ("schema", "path", "said"),
    [
        ("x", (), "expected a JSON schema of an object"),
        ({"type": "array"}, ("type",), "expected type: object"),
        ({"$ref": "#/x"}, ("$ref",), "can't have '$ref'"),
        ({**schema(a={"type": "string"}), "additionalProperties": True}, ("additionalProperties",), "false"),
        ({**schema(a={"type": "string"}), "required": ["b"]}, ("required",), "no property is called so"),
        ({**schema(a={"type": "string"}), "required": []}, ("required",), "at least one"),
        (schema(), ("properties",), "at least one property"),
        (schema(a={"type": "object"}), ("properties", "a", "type"), "expected one of string, number"),
        (schema(a={"type": ["string", "number"]}), ("properties", "a", "type"), "expected one of"),
        (schema(a={"$ref": "#/b"}), ("properties", "a", "$ref"), "can't have '$ref'"),
        (schema(a={"type": "string", "format": "uri"}), ("properties", "a", "format"), "expected format: date"),
        (schema(a={"type": "string", "enum": ["x"]}), ("properties", "a", "enum"), "at least two"),
        (schema(a={"type": "string", "enum": ["x", "x"]}), ("properties", "a", "enum"), "twice"),
        (schema(a={"type": "number", "enum": [1, 2]}), ("properties", "a", "enum"), "words"),
        (schema(a=3), ("properties", "a"), "expected a schema"),
    ],
)
def test_a_schema_that_no_task_can_have_is_refused_with_its_place(schema, path, said):
    with pytest.raises(FieldsError, match=said.replace("$", r"\$")) as caught:
        fields_of(schema)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("day", "2026-03-31", " 2026-03-31 ", True),
        ("day", "2026-03-31", "20260331", True),
        ("day", "2026-03-31", "2026-03-13", False),
        ("total", 12, 12.00, True),
        ("total", 1234.5, 1234.50, True),
        ("total", 12.5, 12.49, False),
        ("note", "two  words\n", "two words", True),
        ("note", "two words", "two Words", False),
        ("note", None, "", False),
        ("paid", True, True, True),
        ("total", None, 0, False),
    ],
)
def test_values_that_say_the_same(name, one, other, same):
    field = next(one for one in FIELDS if one.name == name)
    assert field.same(one, other) is same
    assert field.same(other, one) is same
