"""What a caller's JSON schema asks for, as a task's fields; and a task's output in that form.

Callers' schemas are written by SDKs: enums by reference, optional values as `anyOf` with null. What can't be told apart
from a task's fields is no match, so that nothing is answered in another form than was asked for.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local_models.tasks.fields import Field, FieldsError, fields_of, misfits

_TOP = ("properties", "required")
_REFERENCES = ("#/$defs/", "#/definitions/")


def asked_fields(schema: str) -> tuple[Field, ...] | None:
    """The fields of a caller's schema; none for any object; None if it asks for something else."""
    try:
        data = json.loads(schema)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("type", "object") != "object":
        return None
    properties = data.get("properties")
    if properties is None and set(data) <= {"type", "title", "description", "additionalProperties"}:
        return ()
    if not isinstance(properties, dict) or {"anyOf", "oneOf", "allOf", "$ref"} & data.keys():
        return None
    plain = {
        "type": "object",
        "properties": {name: _plain(one, data) for name, one in properties.items()},
        "required": data.get("required") or list(properties),
        "additionalProperties": False,
    }
    try:
        return fields_of(plain)
    except FieldsError:
        return None


def asks_for(fields: Sequence[Field], schema: str) -> bool:
    """Whether a caller's schema asks for these fields and no others, and tells enough to know them by it."""
    asked = asked_fields(schema)
    if not asked or {one.name for one in asked} != {one.name for one in fields}:
        return False
    ours = {one.name: one for one in fields}
    telling = len(asked) > 1 or asked[0].kind == "choice"
    return telling and all(_alike(one, ours[one.name]) for one in asked)


def shaped(output: Mapping[str, Any], schema: str | None) -> dict[str, Any] | None:
    """The output as the caller asked for it; None if it doesn't fit. Without a schema, or with any object: as it is."""
    asked = () if schema is None else asked_fields(schema)
    if asked is None:
        return None
    if not asked:
        return dict(output)
    named = {one.name: output[one.name] for one in asked if one.name in output}
    return None if misfits(asked, named) else named


def _alike(asked: Field, ours: Field) -> bool:
    if ours.kind == "choice" or asked.kind == "choice":
        return asked.kind == ours.kind and {*asked.choices} == {*ours.choices}
    return asked.kind == ours.kind or (asked.kind, ours.kind) in {("text", "date"), ("number", "integer")}


def _plain(schema: Any, document: Mapping[str, Any]) -> Any:
    """A field's schema without references and alternatives, as far as a task's fields can have them."""
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        for start in _REFERENCES:
            if reference.startswith(start):
                defined = document.get(start[2:-1], {})
                target = defined.get(reference.removeprefix(start)) if isinstance(defined, dict) else None
                rest = {key: value for key, value in schema.items() if key != "$ref"}
                return {**target, **rest} if isinstance(target, dict) and "$ref" not in target else schema
        return schema
    alternatives = schema.get("anyOf")
    if isinstance(alternatives, list) and len(alternatives) == 2 and {"type": "null"} in alternatives:
        one = _plain(next((item for item in alternatives if item != {"type": "null"}), None), document)
        if isinstance(one, dict) and isinstance(one.get("type"), str):
            rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
            return {**one, "type": [one["type"], "null"], **rest}
    if "const" in schema and "enum" not in schema:
        return {**schema, "enum": [schema["const"]]}
    return {key: value for key, value in schema.items() if key not in {"default", "examples"}}
