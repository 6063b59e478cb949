"""What a task's output is made of: `Field`s, read from a JSON schema that every kind of answerer can keep.

Only flat objects of texts, dates, numbers, integers, booleans and enumerated words are taken: such an output can be
written under a grammar, ranked from candidates, compared value by value and read by whoever checks it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

type Kind = Literal["text", "date", "number", "integer", "boolean", "choice"]

_TYPES: Mapping[str, Kind] = {"string": "text", "number": "number", "integer": "integer", "boolean": "boolean"}
_KNOWN = frozenset({"type", "enum", "format", "description", "title"})
_TOP = frozenset({"type", "properties", "required", "additionalProperties", "description", "title", "$schema"})
_SPACE = re.compile(r"\s+")


class FieldsError(ValueError):
    """A schema that no task can have. `path` says where in it."""

    def __init__(self, path: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an output."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    required: bool = True
    nullable: bool = False

    def fits(self, value: Any) -> bool:
        """Whether a value is one that the field can have."""
        if value is None:
            return self.nullable
        match self.kind:
            case "choice":
                return isinstance(value, str) and value in self.choices
            case "text":
                return isinstance(value, str)
            case "date":
                return isinstance(value, str) and _date(value) is not None
            case "boolean":
                return isinstance(value, bool)
            case "integer":
                return isinstance(value, int) and not isinstance(value, bool)
            case "number":
                # Every int is finite, also one that is no float any more.
                return type(value) is int or (isinstance(value, float) and math.isfinite(value))

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values say the same: dates as days, amounts as decimals, texts but for their spaces."""
        return self._plain(one) == self._plain(other)

    def _plain(self, value: Any) -> object:
        if value is None or isinstance(value, bool):
            return value
        if self.kind == "date":
            return _date(str(value)) or value
        if self.kind in {"number", "integer"}:
            try:
                return Decimal(str(value))
            except InvalidOperation:
                return value
        return _SPACE.sub(" ", value).strip() if isinstance(value, str) else value


def fields_of(schema: Any) -> tuple[Field, ...]:
    """The fields of a task's schema. Raises `FieldsError`."""
    if not isinstance(schema, dict):
        raise FieldsError((), "expected a JSON schema of an object: type, properties, required")
    if unknown := sorted(set(schema) - _TOP, key=str):
        raise FieldsError(
            (str(unknown[0]),), f"a task's schema can't have {unknown[0]!r}: expected {', '.join(_TOP_WORDS)}"
        )
    if schema.get("type") != "object":
        raise FieldsError(("type",), "expected type: object")
    if schema.get("additionalProperties") is not False:
        raise FieldsError(("additionalProperties",), "expected additionalProperties: false")
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not properties:
        raise FieldsError(("properties",), "expected at least one property")
    if not isinstance(required, list) or not required:
        raise FieldsError(("required",), "expected a list of at least one property that every answer has")
    # Compared, not hashed: a caller's schema may have anything here.
    if missing := [name for name in required if name not in list(properties)]:
        raise FieldsError(("required",), f"{missing[0]!r} is required, but no property is called so")
    return tuple(_field(name, one, required=name in required) for name, one in properties.items())


def misfits(fields: Sequence[Field], output: Any) -> tuple[str, ...]:
    """What is wrong with an output, by the names of fields and without a value of it. Nothing if it fits."""
    if not isinstance(output, Mapping):
        return ("expected an object",)
    names = {field.name for field in fields}
    wrong = [f"no field is called {name!r}" for name in output if name not in names]
    for field in fields:
        if field.name not in output:
            if field.required:
                wrong.append(f"{field.name} is missing")
        elif not field.fits(output[field.name]):
            wrong.append(f"{field.name}: expected {expectation(field)}")
    return tuple(wrong)


def expectation(field: Field) -> str:
    """What a field's value must be, in words."""
    words = {
        "text": "a text",
        "date": "a date such as 2026-03-31",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "choice": f"one of {', '.join(field.choices)}",
    }[field.kind]
    return words + (" or null" if field.nullable else "")


_TOP_WORDS = ("type", "properties", "required", "additionalProperties")


def _field(name: str, schema: Any, *, required: bool) -> Field:
    path = ("properties", str(name))
    if not isinstance(schema, dict):
        raise FieldsError(path, "expected a schema such as {type: string}")
    if unknown := sorted(set(schema) - _KNOWN, key=str):
        raise FieldsError((*path, str(unknown[0])), f"a field can't have {unknown[0]!r}: expected type, enum or format")
    types = schema.get("type")
    listed = types if isinstance(types, list) else [types]
    plain = [one for one in listed if one != "null"]
    nullable = len(plain) < len(listed)
    kind = _TYPES.get(str(plain[0])) if len(plain) == 1 else None
    if kind is None:
        raise FieldsError(
            (*path, "type"), f"expected one of {', '.join(_TYPES)} (with null, if it may be missing in the input)"
        )
    choices = schema.get("enum")
    if choices is not None:
        words = [one for one in choices if one is not None] if isinstance(choices, list) else []
        if kind != "text" or len(words) < 2 or not all(isinstance(one, str) and one for one in words):
            raise FieldsError((*path, "enum"), "expected at least two words")
        if len(set(words)) < len(words):
            raise FieldsError((*path, "enum"), "the same word stands twice")
        return Field(str(name), "choice", tuple(words), required=required, nullable=nullable)
    if schema.get("format") not in (None, "date"):
        raise FieldsError((*path, "format"), "expected format: date, or none")
    if schema.get("format") == "date":
        kind = "date"
    return Field(str(name), kind, required=required, nullable=nullable)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
